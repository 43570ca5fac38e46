package io.eventmesh.spi.event;

import io.eventmesh.common.error.EventMeshException;

/**
 * Reads events that stand in a larger array, one after another, each where it stands and in the place of the one before:
 * for events of which only a copy is kept. Not thread-safe.
 */
public final class PassingEvent {
    private final EventIndex index = new EventIndex();

    /**
     * The event at a place of an array, until the next call. {@link Event#compact} copies it; so do {@link Event#without}
     * and {@link Event#with} if they change anything.
     *
     * @param bytes must not be changed while the event is looked at
     * @throws EventMeshException EVENT_INVALID for whatever {@code CloudEvent.parseFrom} would refuse
     */
    public Event at(byte[] bytes, int offset, int length) {
        if (length == bytes.length) {
            return Event.scan(bytes);
        }
        index.clear();
        EventScanner.scan(bytes, offset, offset + length, index);
        return Event.of(bytes, offset, offset + length, index);
    }
}
