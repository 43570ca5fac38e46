package io.eventmesh.protocol.http.webhook;

import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import org.jspecify.annotations.Nullable;

/**
 * The one event loop of all webhooks of this process: made with the first, closed with the last. It is not the door's, so
 * that what destinations cost is not paid by publishers. Thread-safe.
 */
final class HttpLoop {
    static final HttpLoop SHARED = new HttpLoop();

    private @Nullable Vertx vertx;
    private int users;

    private HttpLoop() {}

    synchronized Vertx acquire() {
        Vertx loop = vertx;
        if (loop == null) {
            loop = Vertx.vertx(new VertxOptions()
                    .setEventLoopPoolSize(1)
                    .setWorkerPoolSize(1)
                    .setInternalBlockingPoolSize(1)
                    .setPreferNativeTransport(true));
            vertx = loop;
        }
        users++;
        return loop;
    }

    synchronized void release() {
        users--;
        Vertx loop = vertx;
        if (users == 0 && loop != null) {
            vertx = null;
            loop.close();
        }
    }
}
