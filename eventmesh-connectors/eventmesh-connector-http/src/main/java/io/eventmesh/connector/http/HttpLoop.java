package io.eventmesh.connector.http;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * The one event loop of all HTTP sinks of this process: made with the first, closed with the last. Thread-safe.
 *
 * <p>A source has one of its own: servers on one loop would share a port instead of finding it taken.
 */
public final class HttpLoop {
    public static final HttpLoop SHARED = new HttpLoop();

    private @Nullable Vertx vertx;
    private int users;

    private HttpLoop() {}

    /** A loop of one's own, of one thread, to be closed by whoever made it. */
    public static Vertx own() {
        return Vertx.vertx(new VertxOptions()
                .setEventLoopPoolSize(1)
                .setWorkerPoolSize(1)
                .setInternalBlockingPoolSize(1)
                .setPreferNativeTransport(true));
    }

    /** The shared loop, until {@link #release}. */
    public synchronized Vertx acquire() {
        Vertx loop = vertx;
        if (loop == null) {
            loop = own();
            vertx = loop;
        }
        users++;
        return loop;
    }

    public synchronized void release() {
        users--;
        Vertx loop = vertx;
        if (users == 0 && loop != null) {
            vertx = null;
            loop.close();
        }
    }

    /**
     * Waits for what happens on the loop, on a task's thread.
     *
     * @throws EventMeshException DEADLINE_EXCEEDED
     */
    public static <T> T await(String what, Future<T> future, Duration limit)
            throws ExecutionException, InterruptedException {
        try {
            return future.toCompletionStage().toCompletableFuture().get(limit.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException late) {
            throw new EventMeshException(
                    ErrorCode.DEADLINE_EXCEEDED,
                    "%s: not done (expected: within %d ms)".formatted(what, limit.toMillis()),
                    late);
        }
    }
}
