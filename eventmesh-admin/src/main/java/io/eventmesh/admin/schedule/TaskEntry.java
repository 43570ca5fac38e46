package io.eventmesh.admin.schedule;

import io.eventmesh.admin.database.Desired;
import io.eventmesh.admin.database.TaskRow;
import io.eventmesh.admin.schedule.Directive.Target;
import org.jspecify.annotations.Nullable;

/** A task on the board. */
final class TaskEntry {
    TaskRow row;
    /** A decision on its way to the store; no other is made meanwhile. */
    Write.@Nullable OfTask pending;
    /** Whether the right is published, so that the owner may hear of it. */
    boolean fenced;
    /** A person asked for a restart: given back once, then placed again. */
    boolean restart;
    /** The first set of the owner's tasks in which it was told to give the task back; 0 for none. */
    long stopVersion;
    /** The owner says that it has stopped. */
    boolean givenBack;
    /** The owner's process is certainly gone. */
    boolean orphaned;
    /** Why nobody has it. */
    String reason = "";

    TaskEntry(TaskRow row) {
        this.row = row;
    }

    boolean isOwned() {
        return row.assignment().state().isOwned();
    }

    /** Whether the owner shall give it back for good or for a restart, whatever becomes of the owner. */
    boolean shallStop() {
        return row.deleting() || row.desired() == Desired.STOPPED || restart;
    }

    Target target(boolean ownerDrains) {
        if (shallStop()) {
            return Target.STOP;
        }
        if (ownerDrains) {
            return Target.DRAIN;
        }
        return row.desired() == Desired.PAUSED ? Target.PAUSE : Target.RUN;
    }

    /** The same task as stored now; what was known of the right is forgotten when it is another one. */
    void replace(TaskRow now) {
        boolean same = now.assignment().epoch() == row.assignment().epoch()
                && now.assignment().term() == row.assignment().term()
                && now.assignment().state().isOwned() == isOwned();
        row = now;
        if (!same) {
            fenced = false;
            stopVersion = 0;
            givenBack = false;
            orphaned = false;
            restart &= isOwned();
        }
    }
}
