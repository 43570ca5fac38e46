package io.eventmesh.spi.storage;

import io.eventmesh.common.topic.SubscriptionName;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Keeps a group's events that wait longer than moments for their next offer, as durable as the stream they came from.
 *
 * <p>A parked event counts as done in the group's progress: the engine parks first, then commits. A crash between the
 * two finds the event both parked and unread; since it is parked under its position, parking it again replaces it.
 *
 * <p>What changes it names the epoch under which the position's partition was assigned, as commits do, and fails with
 * FENCED once a later one was: a change that was long on its way must not leave behind a ticket for an event that the
 * next owner has done with, or take away one that it counts on.
 *
 * <p>Thread-safe; methods return without waiting. Failures are FENCED, NOT_FOUND (no such group), STORAGE_FULL or
 * STORAGE_UNAVAILABLE.
 */
public interface Parking {
    /**
     * A parked event without its content.
     *
     * @param position where it stood in the stream: its identity within the group
     * @param lane what order is kept by: the key, or a target and the key; null for none
     * @param attempts offers so far
     * @param firstOfferMillis wall time of the first offer, 0 if it never was offered
     * @param dueMillis wall time from which it may be offered
     * @param cause why it waits, as in a dead letter's {@code dlmsg}; empty when it only waits behind another of its lane
     */
    record Ticket(
            Position position,
            @Nullable String lane,
            int attempts,
            long firstOfferMillis,
            long dueMillis,
            String cause) {}

    /** Parks an event, replacing what was parked at the same position. */
    CompletionStage<Void> park(SubscriptionName group, long epoch, Ticket ticket, EventRecord record);

    /** Changes the attempts, due time and cause of a parked event. Fails with NOT_FOUND when it is not parked. */
    CompletionStage<Void> repark(SubscriptionName group, long epoch, Ticket ticket);

    /** Takes an event out, because it was acked or dead-lettered. Taking out what is not there changes nothing. */
    CompletionStage<Void> remove(SubscriptionName group, long epoch, Position position);

    /**
     * All tickets of a group, ordered by position within each partition: everything that any runtime was or will be told is
     * parked under an epoch older than those assigned before this call. Whoever takes a partition over asks when it is assigned, not earlier.
     */
    CompletionStage<List<Ticket>> tickets(SubscriptionName group);

    /** The content of a parked event. Fails with NOT_FOUND when it is not parked. */
    CompletionStage<EventRecord> read(SubscriptionName group, Position position);
}
