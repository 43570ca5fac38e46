package io.eventmesh.sdk;

import io.cloudevents.CloudEvent;

/** What an application does with an event. Called on the subscription's own threads, which it may block. */
@FunctionalInterface
public interface EventHandler {
    /**
     * Handles one event.
     *
     * @param event the event
     * @param delivery its delivery, to be settled here where the subscription acks explicitly
     * @throws Exception releases the delivery: the event is offered again by the retry policy
     */
    void handle(CloudEvent event, Delivery delivery) throws Exception;
}
