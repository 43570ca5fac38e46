package io.eventmesh.admin.schedule;

import io.eventmesh.admin.database.AssignmentState;
import io.eventmesh.admin.database.RuntimeRow;

/** A decision that takes effect when it is stored. At most one is on its way for each task. */
public sealed interface Write {
    /** A write that concerns a task. */
    sealed interface OfTask extends Write {
        String task();
    }

    /** Gives a task that nobody has at this epoch to a runtime, raising the epoch. */
    record Assign(String task, long epoch, String runtime, String incarnation) implements OfTask {}

    /** Publishes the right of a task, so that whoever holds an older one is refused. */
    record Fence(String task, long term, long epoch) implements OfTask {}

    /** Moves an owned task to another state. */
    record Settle(String task, long epoch, AssignmentState state, String why) implements OfTask {}

    /** Removes a task that is to end. */
    record Remove(String task, long epoch) implements OfTask {}

    /** Stores how a runtime is now, but for the time. */
    record Seen(RuntimeRow runtime) implements Write {}
}
