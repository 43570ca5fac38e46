package io.eventmesh.spi.mesh;

import io.eventmesh.common.topic.TopicName;
import io.eventmesh.spi.event.Event;
import org.jspecify.annotations.Nullable;

/**
 * One event to publish, with what stands beside it.
 *
 * @param topic where to
 * @param event what
 * @param target {@code rule/target} for an event on an outbox topic; runtimes of the cluster only
 * @param hops how many rules its ancestors passed; runtimes of the cluster only, 0 for everybody else
 */
public record Outgoing(
        TopicName topic, Event event, @Nullable String target, int hops) {
    public Outgoing(TopicName topic, Event event) {
        this(topic, event, null, 0);
    }
}
