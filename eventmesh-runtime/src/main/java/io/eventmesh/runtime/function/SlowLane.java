package io.eventmesh.runtime.function;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.time.Scheduler;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Runs what may block, a few at a time, so that one subscription's slow transforms leave threads to the others. What waits
 * is bounded by the subscription's window. Thread-safe, never blocks.
 */
final class SlowLane {
    private static final Duration NO_THREAD = Duration.ofMillis(20);

    private final Executor blocking;
    private final Scheduler scheduler;
    private final int atOnce;
    private final Queue<Runnable> waiting = new ConcurrentLinkedQueue<>();
    private final AtomicInteger running = new AtomicInteger();

    SlowLane(Executor blocking, Scheduler scheduler, int atOnce) {
        this.blocking = blocking;
        this.scheduler = scheduler;
        this.atOnce = atOnce;
    }

    /** @param work does not throw */
    void execute(Runnable work) {
        waiting.add(work);
        pump();
    }

    private void pump() {
        while (!waiting.isEmpty()) {
            if (running.incrementAndGet() > atOnce) {
                running.decrementAndGet();
                return;
            }
            try {
                blocking.execute(this::runOne);
            } catch (RejectedExecutionException | EventMeshException full) {
                running.decrementAndGet();
                if (EventMeshException.of(full).code() != ErrorCode.SHUTTING_DOWN) {
                    scheduler.schedule(NO_THREAD, this::pump);
                }
                return;
            }
        }
    }

    private void runOne() {
        try {
            Runnable work = waiting.poll();
            if (work != null) {
                work.run();
            }
        } finally {
            running.decrementAndGet();
        }
        pump();
    }
}
