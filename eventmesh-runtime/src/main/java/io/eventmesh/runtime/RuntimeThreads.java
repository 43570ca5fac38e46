package io.eventmesh.runtime;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.lifecycle.Component;
import io.eventmesh.common.lifecycle.Health;
import io.eventmesh.common.thread.NamedThreads;
import io.eventmesh.common.time.Scheduler;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionHandler;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The threads that the parts of a process share: dispatch (never blocked), blocking (bounded) and the timer.
 *
 * <p>Pools make their threads when the first task comes. After close, dispatch and blocking refuse with SHUTTING_DOWN
 * and the timer forgets what it is given.
 */
final class RuntimeThreads implements Component {
    private static final Logger log = LoggerFactory.getLogger(RuntimeThreads.class);
    private static final int BLOCKING = 16;
    private static final int BLOCKING_QUEUE = 1_024;
    private static final long CLOSE_SECONDS = 5;

    private final ThreadPoolExecutor dispatch;
    private final ThreadPoolExecutor blocking;
    private final ScheduledThreadPoolExecutor timer;

    RuntimeThreads(int cores) {
        this(cores, BLOCKING, BLOCKING_QUEUE);
    }

    RuntimeThreads(int cores, int blockingThreads, int blockingQueue) {
        // Unbounded on purpose: what waits here are drains, at most one a serial executor, and a drain that were
        // refused
        // would leave its executor stuck for ever. Their steps are bounded where they come from.
        dispatch = new ThreadPoolExecutor(
                cores,
                cores,
                0,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(),
                new NamedThreads("mesh-dispatch"),
                refuse("mesh-dispatch"));
        blocking = new ThreadPoolExecutor(
                blockingThreads,
                blockingThreads,
                30,
                TimeUnit.SECONDS,
                new ArrayBlockingQueue<>(blockingQueue),
                new NamedThreads("mesh-blocking"),
                refuse("mesh-blocking"));
        blocking.allowCoreThreadTimeOut(true);
        timer = new ScheduledThreadPoolExecutor(
                1, new NamedThreads("mesh-timer"), new ThreadPoolExecutor.DiscardPolicy());
        timer.setRemoveOnCancelPolicy(true);
        timer.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    }

    Executor dispatch() {
        return dispatch;
    }

    Executor blocking() {
        return blocking;
    }

    Scheduler scheduler() {
        return (delay, task) -> {
            Future<?> timed = timer.schedule(() -> fire(task), nanos(delay), TimeUnit.NANOSECONDS);
            return () -> timed.cancel(false);
        };
    }

    /** Registers queue lengths as gauges. */
    void bindTo(MeterRegistry meters) {
        gauge(meters, "dispatch", dispatch);
        gauge(meters, "blocking", blocking);
        gauge(meters, "timer", timer);
    }

    @Override
    public String name() {
        return "threads";
    }

    @Override
    public void start() {}

    @Override
    public Health health() {
        return dispatch.isShutdown() ? Health.down("closed") : Health.up();
    }

    @Override
    public void close() {
        timer.shutdownNow();
        dispatch.shutdown();
        blocking.shutdown();
        boolean ended = true;
        for (ThreadPoolExecutor pool : new ThreadPoolExecutor[] {timer, dispatch, blocking}) {
            ended &= ended(pool);
        }
        if (!ended) {
            dispatch.shutdownNow();
            blocking.shutdownNow();
        }
    }

    private static boolean ended(ThreadPoolExecutor pool) {
        try {
            return pool.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private static void fire(Runnable task) {
        try {
            task.run();
        } catch (RuntimeException | Error failure) {
            log.error("Timer task failed.", failure);
        }
    }

    private static long nanos(Duration delay) {
        // about 292 years: what does not fit never fires in practice
        return delay.compareTo(Duration.ofNanos(Long.MAX_VALUE)) >= 0 ? Long.MAX_VALUE / 2 : delay.toNanos();
    }

    private static RejectedExecutionHandler refuse(String pool) {
        return (task, executor) -> {
            if (executor.isShutdown()) {
                throw new EventMeshException(ErrorCode.SHUTTING_DOWN, "%s takes no more work".formatted(pool));
            }
            throw new EventMeshException(
                    ErrorCode.OVERLOADED,
                    "%s queue: %d (expected: room for another task)"
                            .formatted(pool, executor.getQueue().size()));
        };
    }

    private static void gauge(MeterRegistry meters, String pool, ThreadPoolExecutor executor) {
        Gauge.builder("eventmesh.threads.queued", executor, of -> of.getQueue().size())
                .tag("pool", pool)
                .description("Tasks that wait for a thread of the pool")
                .register(meters);
    }
}
