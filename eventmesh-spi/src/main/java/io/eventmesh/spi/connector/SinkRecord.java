package io.eventmesh.spi.connector;

import io.eventmesh.common.topic.TopicName;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.storage.Position;
import org.jspecify.annotations.Nullable;

/**
 * One event for a sink.
 *
 * @param topic where it was published
 * @param event the event
 * @param attempt 1 for the first offer
 * @param position where the mesh keeps it; its offset grows within a partition, not always by one. Null only where a
 *     test made the record
 */
public record SinkRecord(
        TopicName topic, Event event, int attempt, @Nullable Position position) {
    /** A record without a position. */
    public SinkRecord(TopicName topic, Event event, int attempt) {
        this(topic, event, attempt, null);
    }
}
