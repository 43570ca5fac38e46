package io.eventmesh.sdk;

import io.cloudevents.CloudEvent;
import io.eventmesh.spi.event.Event;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/**
 * One offer of one event. Thread-safe; the first settlement counts, later ones do nothing.
 *
 * <p>When the runtime that delivered it was lost meanwhile, settling does nothing and fails nothing: the event is offered
 * again, perhaps to another member, so that its effects should bear being repeated. A runtime that ends in good order
 * still takes the settlements of what handlers have begun with.
 *
 * @param <T> what the application gets the event as
 */
public interface Delivery<T> {
    /** The event as the application wanted it. */
    T value();

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
     * @throws IllegalStateException on a subscription that does not ack explicitly
     */
    void ack();

    /**
     * The event shall be offered again; counts as an attempt.
     *
     * @param delay zero: as the retry policy says
     * @throws IllegalStateException on a subscription that does not ack explicitly
     */
    void release(Duration delay);

    /**
     * The event can never be processed: it goes to the dead letter.
     *
     * @throws IllegalStateException on a subscription that does not ack explicitly
     */
    void reject(String reason);

    /** Whether somebody waits for a {@link #reply}. */
    boolean isRequest();

    /**
     * Answers a request; settles nothing.
     *
     * <p>Fails with REQUEST_INVALID when the event is no request, NOT_FOUND when nobody waits any more (also when an
     * earlier attempt of this call was taken by a runtime that was lost before it could say so), and as a publish does.
     */
    CompletableFuture<Void> reply(CloudEvent reply);

    /** Like {@link #reply(CloudEvent)} without a conversion. */
    CompletableFuture<Void> reply(Event reply);
}
