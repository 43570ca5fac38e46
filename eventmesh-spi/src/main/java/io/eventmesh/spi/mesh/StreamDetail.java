package io.eventmesh.spi.mesh;

import io.eventmesh.common.topic.SubscriptionName;
import java.util.List;

/**
 * A stream with its partitions.
 *
 * @param groups who reads it
 */
public record StreamDetail(StreamStatus status, List<Bounds> partitions, List<SubscriptionName> groups) {
    /**
     * Between which offsets a partition lies.
     *
     * @param first the oldest kept one
     * @param end the one after the newest
     */
    public record Bounds(int index, long first, long end) {}
}
