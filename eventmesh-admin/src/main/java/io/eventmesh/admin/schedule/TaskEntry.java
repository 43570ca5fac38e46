package io.eventmesh.admin.schedule;

import io.eventmesh.admin.database.Desired;
import io.eventmesh.admin.database.TaskRow;
import io.eventmesh.admin.schedule.Directive.Target;
import org.jspecify.annotations.Nullable;

/** A task on the board. */
final class TaskEntry {
    final long hash;
    TaskRow row;
    /** A decision on its way to the store; no other is made meanwhile. */
    Write.@Nullable OfTask pending;
    /** Whether the right was published, so that the owner may hear of it. */
    boolean fenced;
    /** Whether the right stands in the meta store as far as is known; it may have lost it. */
    boolean published;
    /** The first set of the owner's tasks in which it was told to give the task back; 0 for none. */
    long stopVersion;
    /** The owner says that it has stopped. */
    boolean givenBack;
    /** Why the right certainly ended, or empty. */
    String orphaned = "";
    /** Why nobody has it. */
    String reason = "";
    /** What the owner said last under the present right. */
    Report.@Nullable TaskReport told;
    /** The failure for which it was paused last. */
    TaskRow.Breaker breaker = TaskRow.Breaker.NONE;
    /** When its weight was stored last. */
    long weighed = Long.MIN_VALUE;

    /** Under which runtime it is counted, and how much; kept by {@link Holdings}. */
    @Nullable
    String holder;

    double counted;

    TaskEntry(TaskRow row) {
        this.row = row;
        this.hash = Hashes.of(row.id());
    }

    boolean isOwned() {
        return row.assignment().state().isOwned();
    }

    double weight() {
        return Math.max(1, row.needs().weight());
    }

    /** Whether the owner shall give it back for good or for a restart, whatever becomes of the owner. */
    boolean shallStop() {
        return row.deleting()
                || row.wanted() == Desired.STOPPED
                || (isOwned() && row.wishes().restartEpoch() >= row.assignment().epoch());
    }

    /** Whether it is to go from its present or last owner to another. */
    boolean isMoving() {
        return row.assignment().epoch() > 0
                && row.wishes().moveEpoch() >= row.assignment().epoch();
    }

    Target target(boolean ownerDrains) {
        if (shallStop()) {
            return Target.STOP;
        }
        if (ownerDrains || (isOwned() && isMoving())) {
            return Target.DRAIN;
        }
        return row.wanted() == Desired.PAUSED ? Target.PAUSE : Target.RUN;
    }

    /** The same task as stored now; what was known of the right is forgotten when it is another one. */
    void replace(TaskRow now) {
        boolean same = now.assignment().epoch() == row.assignment().epoch()
                && now.assignment().term() == row.assignment().term()
                && now.assignment().state().isOwned() == isOwned();
        row = now;
        if (!same) {
            fenced = false;
            published = false;
            stopVersion = 0;
            givenBack = false;
            orphaned = "";
            told = null;
            breaker = TaskRow.Breaker.NONE;
        }
    }
}
