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
 * @param notBeforeMillis wall time before which it is delivered to nobody; 0 for at once. A delayed event leaves the
 *     order of its key
 */
public record Outgoing(
        TopicName topic, Event event, @Nullable String target, int hops, long notBeforeMillis) {
    public Outgoing(TopicName topic, Event event) {
        this(topic, event, null, 0, 0);
    }

    public Outgoing(TopicName topic, Event event, @Nullable String target, int hops) {
        this(topic, event, target, hops, 0);
    }

    public Outgoing notBefore(long wallMillis) {
        return new Outgoing(topic, event, target, hops, wallMillis);
    }
}
