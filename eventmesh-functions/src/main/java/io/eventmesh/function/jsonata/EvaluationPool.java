package io.eventmesh.function.jsonata;

import io.eventmesh.common.thread.NamedThreads;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * The few threads that evaluate, so that an expression that does not stop holds none of the mesh's. For each that was
 * left behind there is one more as long as it lasts, up to a bound. Threads end when idle. Thread-safe.
 */
final class EvaluationPool {
    private static final int THREADS = 4;
    private static final int MAX_THREADS = 16;
    private static final int QUEUED = 256;

    private final ThreadPoolExecutor threads;
    private int leftBehind;

    EvaluationPool() {
        threads = new ThreadPoolExecutor(
                THREADS,
                MAX_THREADS,
                10,
                TimeUnit.SECONDS,
                new ArrayBlockingQueue<>(QUEUED),
                new NamedThreads("mesh-jsonata"));
        threads.allowCoreThreadTimeOut(true);
    }

    /** @throws RejectedExecutionException when too many wait */
    <T> Future<T> submit(FutureTask<T> task) {
        if (threads.getQueue().size() >= QUEUED) {
            throw new RejectedExecutionException("full");
        }
        threads.execute(task);
        return task;
    }

    /** A thread was left behind: another one stands in for it. */
    synchronized void leftBehind() {
        leftBehind++;
        resize();
    }

    /** One that was left behind has come to an end after all. */
    synchronized void cameBack() {
        leftBehind--;
        resize();
    }

    private void resize() {
        threads.setCorePoolSize(Math.min(MAX_THREADS, THREADS + leftBehind));
    }
}
