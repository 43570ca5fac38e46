package io.eventmesh.spi.storage;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;

/**
 * How a stream is kept.
 *
 * @param partitions 1 or more; fixed for the stream's life
 * @param yielding whether the oldest records give way as soon as the stream is full, though a group that lags behind has
 *     not done them; only where the storage cuts groups off ({@link Capability#CUT_OFF}), elsewhere it changes nothing
 */
public record StreamSettings(int partitions, boolean yielding) {
    /** A stream that waits for its groups when it is full. */
    public StreamSettings(int partitions) {
        this(partitions, false);
    }

    public StreamSettings {
        if (partitions < 1 || partitions > 10_000) {
            throw new EventMeshException(
                    ErrorCode.REQUEST_INVALID, "partitions: %s (expected: 1..10000)".formatted(partitions));
        }
    }
}
