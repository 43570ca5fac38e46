package io.eventmesh.spi.mesh;

import io.eventmesh.spi.storage.StreamPartition;

/**
 * How far a group is in a partition.
 *
 * @param watermark everything below is done
 * @param doneAbove how many above it are done, too
 * @param end the offset after the newest event
 */
public record GroupPlace(StreamPartition partition, long watermark, long doneAbove, long end) {
    /** How many events are not done; offsets that were left out count. */
    public long lagEvents() {
        return Math.max(0, end - watermark - doneAbove);
    }
}
