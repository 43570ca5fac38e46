package io.eventmesh.spi.storage;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;

/**
 * How a stream is kept.
 *
 * @param partitions 1 or more; fixed for the stream's life
 */
public record StreamSettings(int partitions) {
    public StreamSettings {
        if (partitions < 1 || partitions > 10_000) {
            throw new EventMeshException(
                    ErrorCode.REQUEST_INVALID, "partitions: %s (expected: 1..10000)".formatted(partitions));
        }
    }
}
