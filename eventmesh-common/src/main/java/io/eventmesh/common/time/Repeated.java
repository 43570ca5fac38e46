package io.eventmesh.common.time;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A task that is run when it is started and then again and again, a while after each run, until it is closed.
 *
 * <p>The first run is the caller's of {@link #start}, the others are the scheduler's: the task must not block. One that
 * throws is not run again. Runs never overlap. Thread-safe; one that began before {@link #close} may end after it.
 */
public final class Repeated implements AutoCloseable {
    private final Scheduler scheduler;
    private final Duration pause;
    private final Runnable task;
    private volatile boolean closed;
    private volatile Scheduler.@Nullable Timer timer;

    /** @param pause between the end of a run and the next one */
    public Repeated(Scheduler scheduler, Duration pause, Runnable task) {
        this.scheduler = scheduler;
        this.pause = pause;
        this.task = task;
    }

    /** To be called once. */
    public void start() {
        if (!closed) {
            task.run();
            timer = scheduler.schedule(pause, this::start);
        }
    }

    @Override
    public void close() {
        closed = true;
        Scheduler.Timer pending = timer;
        if (pending != null) {
            pending.cancel();
        }
    }
}
