package io.eventmesh.admin.schedule;

import io.eventmesh.admin.database.Database;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.thread.NamedThreads;
import io.eventmesh.common.time.Scheduler;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jdbi.v3.core.Handle;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one thread on which the scheduler waits for its database. Thread-safe; nothing but {@link #close} blocks its
 * caller.
 */
final class StoreThread implements Executor, AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(StoreThread.class);
    private static final Duration RETRY = Duration.ofSeconds(1);
    private static final int MAX_WORK = 1_000;

    private final Database database;
    private final Scheduler scheduler;
    private final ThreadPoolExecutor thread = new ThreadPoolExecutor(
            1, 1, 0, TimeUnit.SECONDS, new LinkedBlockingQueue<>(MAX_WORK), new NamedThreads("admin-schedule"));
    private volatile boolean closed;

    StoreThread(Database database, Scheduler scheduler) {
        this.database = database;
        this.scheduler = scheduler;
    }

    /** @throws EventMeshException OVERLOADED, SHUTTING_DOWN */
    @Override
    public void execute(Runnable work) {
        try {
            thread.execute(work);
        } catch (RejectedExecutionException full) {
            if (closed) {
                throw new EventMeshException(ErrorCode.SHUTTING_DOWN, "admin: closing (expected: running)", full);
            }
            throw new EventMeshException(
                    ErrorCode.OVERLOADED, "scheduler: %d waiting (expected: < %d)".formatted(MAX_WORK, MAX_WORK), full);
        }
    }

    /** What must happen: it is tried again until there is room. */
    void executeOrLater(Runnable work) {
        try {
            execute(work);
        } catch (EventMeshException full) {
            if (!closed) {
                scheduler.schedule(RETRY, () -> executeOrLater(work));
            }
        }
    }

    /** Answers with what the work does, or with why it failed. */
    <T> CompletableFuture<T> call(Supplier<T> work) {
        CompletableFuture<T> answer = new CompletableFuture<>();
        try {
            execute(() -> {
                try {
                    answer.complete(work.get());
                } catch (RuntimeException refused) {
                    answer.completeExceptionally(EventMeshException.of(refused));
                }
            });
        } catch (EventMeshException refused) {
            answer.completeExceptionally(refused);
        }
        return answer;
    }

    <T> CompletableFuture<T> read(Function<Handle, T> query) {
        return call(() -> database.transaction(query));
    }

    @Override
    public void close() {
        closed = true;
        thread.shutdown();
        try {
            if (!thread.awaitTermination(5, TimeUnit.SECONDS)) {
                log.warn("Scheduling still waits for the database.");
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
