package io.eventmesh.admin.schedule;

import io.eventmesh.admin.database.AssignmentState;
import io.eventmesh.admin.database.RuntimeRow;
import io.eventmesh.admin.database.TaskRow;

/** A decision that takes effect when it is stored. At most one {@link OfTask} is on its way for each task. */
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

    /** Has the right of this epoch given back, to go to another runtime. */
    record Move(String task, long epoch, String runtime) implements OfTask {}

    /** Has a task take a revision of its connector's configuration. */
    record Roll(String task, long rev) implements OfTask {}

    /** Removes a task that is to end. */
    record Remove(String task, long epoch) implements OfTask {}

    /** Stores how a runtime is now, but for the time. */
    record Seen(RuntimeRow runtime) implements Write {}

    /** Forgets a runtime that is long gone. */
    record Gone(String runtime) implements Write {}

    /** Adds a line to a task's history. */
    record History(String task, long epoch, String kind, String message, String stack) implements Write {}

    /** Stores how much work a task is. */
    record Weigh(String task, double weight) implements Write {}

    /** Pauses a task whose breaker opened, until an operator wants it to run. */
    record Pause(String task, TaskRow.Breaker breaker, String why) implements Write {}

    /** A task ran under the newest revision of its connector's configuration. */
    record Good(String connector, long rev) implements Write {}

    /** No task ran under the newest revision: all of them get the one before again. */
    record GiveBack(String connector, long rev, String why) implements Write {}
}
