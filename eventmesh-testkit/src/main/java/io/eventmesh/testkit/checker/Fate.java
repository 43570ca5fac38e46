package io.eventmesh.testkit.checker;

/** What became of an offer. */
public enum Fate {
    /** Processed, and acked while the offer stood as far as the member could know. */
    ACKED,
    /** Processed, but acked after the offer had ended. */
    ACKED_LATE,
    RELEASED,
    REJECTED,
    /** Not settled in time. */
    TIMED_OUT,
    /** The member, or the mesh's knowledge of it, went away first. */
    LOST;

    /** Whether the event may come again without anything having gone wrong. */
    boolean isGivenBack() {
        return this == RELEASED || this == TIMED_OUT || this == REJECTED;
    }
}
