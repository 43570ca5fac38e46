package io.eventmesh.testkit.protocol;

import io.eventmesh.spi.event.Event;

/** A client that speaks a door's protocol, as far as the contract needs. One thread at a time. */
public interface DoorClient extends AutoCloseable {
    /**
     * Publishes over the wire and waits for the answer.
     *
     * @throws io.eventmesh.common.error.EventMeshException with the code that the door put on the wire; a door that
     *     cannot be reached counts as SHUTTING_DOWN
     */
    void publish(String topic, Event event);

    /**
     * Publishes bytes that need not be an event.
     *
     * @throws io.eventmesh.common.error.EventMeshException as {@link #publish}
     */
    void publishBytes(String topic, byte[] bytes);

    @Override
    void close();
}
