package io.eventmesh.sdk;

/**
 * What an application does with an event. Called on the subscription's own threads, which it may block.
 *
 * @param <T> what it gets the event as
 */
@FunctionalInterface
public interface EventHandler<T> {
    /**
     * Handles one event.
     *
     * @param value the event
     * @param delivery its delivery, to be settled here where the subscription acks explicitly
     * @throws Exception releases the delivery: the event is offered again by the retry policy, or after the pause that
     *     an {@code EventMeshException} names
     */
    void handle(T value, Delivery<T> delivery) throws Exception;
}
