package io.eventmesh.sdk;

import io.eventmesh.spi.event.Event;
import java.util.concurrent.CompletableFuture;

/**
 * Stands around everything that a client sends and handles: for traces, meters, encryption of attributes. The first one
 * given to the builder stands outermost.
 *
 * <p>Thread-safe. Sending is called on the application's thread, handling on the subscription's.
 */
public interface Interceptor {
    /**
     * Around a publish or a request.
     *
     * @param topic where to
     * @param event what; another one, {@link Event#with} more attributes, may be passed on
     * @param next goes on, with the next interceptor or to the mesh
     * @param <A> what answers it
     */
    default <A> CompletableFuture<A> send(String topic, Event event, Sending<A> next) {
        return next.send(topic, event);
    }

    /**
     * Around a handler, or around an element of a stream.
     *
     * @param delivery what is handled
     * @param next goes on, with the next interceptor or to the handler
     * @throws Exception releases the delivery, as an exception of the handler does
     */
    default void handle(Delivery<?> delivery, Handling next) throws Exception {
        next.handle();
    }

    /** The rest of the way to the mesh. */
    @FunctionalInterface
    interface Sending<A> {
        CompletableFuture<A> send(String topic, Event event);
    }

    /** The rest of the way to the handler. */
    @FunctionalInterface
    interface Handling {
        void handle() throws Exception;
    }
}
