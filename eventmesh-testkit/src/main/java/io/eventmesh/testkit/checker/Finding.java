package io.eventmesh.testkit.checker;

import java.util.List;

/**
 * A promise that a history breaks.
 *
 * @param events which show it
 */
public record Finding(Kind kind, String message, List<EventId> events) {
    /** Which promise. */
    public enum Kind {
        /** Stored, wanted, and at the end neither processed, nor in the dead letter, nor in a recorded gap. */
        LOSS,
        /** Offered, and never sent, or refused, or not wanted by the group. */
        PHANTOM,
        /** Offered with other bytes than were sent. */
        CONTENT,
        /** Offered before an earlier one of its key was done, or stored in another order than sent. */
        ORDER,
        /** The group's progress passed it while it was neither done nor parked. */
        PROGRESS,
        /** More came again than the disturbances excuse. */
        DUPLICATES,
        /** Two readers owned a partition under one epoch, or progress was accepted under an old one. */
        OWNERS,
        /** In the dead letter without a rejection and before its last attempt. */
        BURIED
    }

    @Override
    public String toString() {
        return kind + ": " + message + " " + events;
    }
}
