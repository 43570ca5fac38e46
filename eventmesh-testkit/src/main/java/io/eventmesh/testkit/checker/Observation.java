package io.eventmesh.testkit.checker;

import io.eventmesh.spi.storage.Progress;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** One thing that somebody saw, at a time on a clock that all observers share. */
public sealed interface Observation {
    long at();

    /**
     * A producer is about to send an event; noted before it does.
     *
     * @param key what order it stands in; null for none
     * @param content see {@link Fingerprint}
     */
    record Sending(
            long at, EventId event, String topic, @Nullable String key, long content) implements Observation {}

    /**
     * A producer learnt what became of an event.
     *
     * @param place where it is stored, when the outcome is OK and the producer was told
     */
    record Answered(
            long at,
            EventId event,
            Outcome outcome,
            @Nullable Place place) implements Observation {}

    /**
     * A member was offered an event.
     *
     * @param content as it arrived, see {@link Fingerprint}
     */
    record Offered(long at, String group, String member, EventId event, Place place, long content, int attempt)
            implements Observation {}

    /** The newest offer of the place to the member came to an end; an ack is noted before it is sent. */
    record Settled(long at, String group, String member, Place place, Fate fate) implements Observation {}

    /**
     * A group's progress as the storage has it.
     *
     * @param parked offsets of the partition that the parking held at that moment
     */
    record Progressed(long at, String group, String partition, Progress progress, Set<Long> parked)
            implements Observation {}

    /** An event is in the group's dead letter. */
    record DeadLettered(long at, String group, EventId event, Place place) implements Observation {}

    /** A recorded gap: offsets from (inclusive) to (exclusive) that the group will never see. */
    record Missed(long at, String group, String partition, long from, long to) implements Observation {}

    /** A reader was told that it owns a partition. */
    record Assigned(long at, String group, String partition, long epoch, String owner) implements Observation {}

    /** A reader asked, at this time, to store progress, and was told that it is stored. */
    record Committed(long at, String group, String partition, long epoch, String owner) implements Observation {}

    /**
     * Something went wrong on purpose.
     *
     * @param mayRepeat how many offers, to the group, of events that nobody gave back it excuses
     */
    record Disturbed(long at, String group, String what, long mayRepeat) implements Observation {}
}
