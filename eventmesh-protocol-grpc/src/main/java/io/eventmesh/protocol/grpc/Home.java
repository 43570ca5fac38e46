package io.eventmesh.protocol.grpc;

import io.netty.util.concurrent.EventExecutor;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;

/**
 * The event loop of a connection, on which all that is written to its calls is written: many answers that another thread
 * has at once then go out together, and that thread neither waits for a call's locks nor wakes the loop for each of them.
 * Thread-safe.
 */
final class Home implements Executor {
    private final EventExecutor loop;
    private final Executor afterwards;

    /** @param afterwards runs steps that come when the loop has ended */
    Home(EventExecutor loop, Executor afterwards) {
        this.loop = loop;
        this.afterwards = afterwards;
    }

    /** Whether the calling thread is the loop. */
    boolean isHere() {
        return loop.inEventLoop();
    }

    /** Runs the step at once if this is the loop. */
    @Override
    public void execute(Runnable step) {
        if (isHere()) {
            step.run();
        } else {
            executeLater(step);
        }
    }

    /** Runs the step on the loop, never inside this call. */
    void executeLater(Runnable step) {
        try {
            loop.execute(step);
        } catch (RejectedExecutionException ended) {
            afterwards.execute(step);
        }
    }
}
