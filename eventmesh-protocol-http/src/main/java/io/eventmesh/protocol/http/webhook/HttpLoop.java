package io.eventmesh.protocol.http.webhook;

import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import org.jspecify.annotations.Nullable;

/**
 * The one event loop of all webhooks of this process: made with the first, closed with the last. It is not the door's, so
 * that what destinations cost is not paid by publishers. Thread-safe.
 */
final class HttpLoop {
    private static final Object LOCK = new Object();
    private static @Nullable Vertx shared;
    private static int users;

    private HttpLoop() {}

    static Vertx acquire() {
        synchronized (LOCK) {
            Vertx loop = shared;
            if (loop == null) {
                loop = Vertx.vertx(new VertxOptions()
                        .setEventLoopPoolSize(1)
                        .setWorkerPoolSize(1)
                        .setInternalBlockingPoolSize(1)
                        .setPreferNativeTransport(true));
                shared = loop;
            }
            users++;
            return loop;
        }
    }

    static void release() {
        synchronized (LOCK) {
            users--;
            Vertx loop = shared;
            if (users == 0 && loop != null) {
                shared = null;
                loop.close();
            }
        }
    }
}
