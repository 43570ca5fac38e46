package io.eventmesh.runtime.mesh.lane;

import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.spi.storage.EventRecord;
import java.util.List;
import java.util.concurrent.CompletionStage;

/**
 * Streams in which events wait for a target that cannot take them, each read by one group of its own. Thread-safe, never
 * blocks; stages fail as the storage does.
 */
public interface Backlogs {
    /** Whether there is a stream of the group's, be it with events or without. From memory. */
    boolean isThere(SubscriptionName group);

    /** How many events wait there, about; 0 where there is none. From memory. */
    long waiting(SubscriptionName group);

    /** When the oldest event that waits there was stored there, wall time; 0 for none. */
    CompletionStage<Long> oldestMillis(SubscriptionName group);

    /** Sees to it that what is appended is kept for the group. */
    CompletionStage<Void> make(SubscriptionName group);

    /**
     * Appends an event, behind all that were appended before.
     *
     * @param target stands beside the event there
     */
    CompletionStage<?> append(SubscriptionName group, EventRecord record, String target);

    /** Whether the group has done all that was stored in its stream before this call. */
    CompletionStage<Boolean> isDone(SubscriptionName group);

    /** Removes stream and group with all that waits there. */
    CompletionStage<Void> remove(SubscriptionName group);

    /** The groups that there are. From memory. */
    List<SubscriptionName> all();
}
