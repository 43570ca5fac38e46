package io.eventmesh.spi.storage;

import io.eventmesh.common.topic.StreamName;

/** One ordered part of a stream; {@code index} counts from 0. */
public record StreamPartition(StreamName stream, int index) {
    @Override
    public String toString() {
        return stream + "/" + index;
    }
}
