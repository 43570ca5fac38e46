package io.eventmesh.testkit.checker;

import io.eventmesh.spi.storage.Position;

/**
 * Where an event is stored.
 *
 * @param partition of a stream, named so that all who observe it name it alike
 */
public record Place(String partition, long offset) {
    public static Place of(Position position) {
        return new Place(position.partition().toString(), position.offset());
    }

    @Override
    public String toString() {
        return partition + "@" + offset;
    }
}
