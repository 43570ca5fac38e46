package io.eventmesh.sdk;

import io.eventmesh.spi.event.Event;
import java.time.Duration;

/**
 * One offer of one event. Thread-safe; the first settlement counts, later ones do nothing, also when the connection was
 * lost meanwhile: then the event is offered again.
 */
public interface Delivery {
    /** The topic that the event was published to. */
    String topic();

    /** 1 for the first offer to the group. */
    int attempt();

    /** The event as it came, without conversion. */
    Event event();

    /** The part of the stream, counted from 0. */
    int partition();

    /** The place in the partition. */
    long offset();

    /**
     * The event is done for the group.
     *
     * @throws IllegalStateException on a subscription that acks automatically
     */
    void ack();

    /**
     * The event shall be offered again; counts as an attempt.
     *
     * @param delay zero: as the retry policy says
     * @throws IllegalStateException on a subscription that acks automatically
     */
    void release(Duration delay);

    /**
     * The event can never be processed: it goes to the dead letter.
     *
     * @throws IllegalStateException on a subscription that acks automatically
     */
    void reject(String reason);
}
