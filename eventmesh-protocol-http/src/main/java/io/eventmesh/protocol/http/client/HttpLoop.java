package io.eventmesh.protocol.http.client;

import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import org.jspecify.annotations.Nullable;

/**
 * The one event loop of all HTTP targets of this process: made with the first, closed with the last. It is not the door's,
 * so that what destinations cost is not paid by publishers. Thread-safe.
 */
final class HttpLoop {
    static final HttpLoop SHARED = new HttpLoop();

    private @Nullable Context context;
    private int users;

    private HttpLoop() {}

    /** A context on the loop; it has one thread, so that all that runs on it runs one after another. */
    synchronized Context acquire() {
        Context loop = context;
        if (loop == null) {
            loop = Vertx.vertx(new VertxOptions()
                            .setEventLoopPoolSize(1)
                            .setWorkerPoolSize(1)
                            .setInternalBlockingPoolSize(1)
                            .setPreferNativeTransport(true))
                    .getOrCreateContext();
            context = loop;
        }
        users++;
        return loop;
    }

    synchronized void release() {
        users--;
        Context loop = context;
        if (users == 0 && loop != null) {
            context = null;
            loop.owner().close();
        }
    }
}
