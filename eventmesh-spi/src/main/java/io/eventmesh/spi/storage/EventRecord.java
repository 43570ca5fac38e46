package io.eventmesh.spi.storage;

import io.eventmesh.common.topic.TopicName;
import io.eventmesh.spi.event.Event;
import org.jspecify.annotations.Nullable;

/**
 * What a stream keeps: an event and a header of ours that stands beside it. Immutable.
 *
 * @param topic the full topic
 * @param key what order is kept by, from the event's {@code partitionkey}; null for none
 * @param appendTimeMillis wall time of the append; retention counts from it
 * @param hops how many rules its ancestors passed
 * @param target {@code rule/target} on an outbox stream
 * @param principal who published it
 * @param traceparent trace context of the hop that brought it
 * @param notBeforeMillis wall time before which it is offered to nobody; 0 for at once. Such an event stands in no order
 * @param event the event
 */
public record EventRecord(
        TopicName topic,
        @Nullable String key,
        long appendTimeMillis,
        int hops,
        @Nullable String target,
        @Nullable String principal,
        @Nullable String traceparent,
        long notBeforeMillis,
        Event event) {

    /** The same beside another target. */
    public EventRecord withTarget(@Nullable String other) {
        return new EventRecord(
                topic, key, appendTimeMillis, hops, other, principal, traceparent, notBeforeMillis, event);
    }

    /** Bytes that the record is counted with: the event's and an estimate of the header's. */
    public int size() {
        return event.size() + 96 + topic.value().length() + (key == null ? 0 : key.length());
    }
}
