package io.eventmesh.admin.schedule;

import io.eventmesh.admin.database.Assignment;
import io.eventmesh.admin.database.AssignmentState;
import io.eventmesh.admin.database.TaskRow;
import io.eventmesh.admin.schedule.Directive.Target;
import io.eventmesh.admin.schedule.Report.RunState;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What follows for one task. Belongs to the board. */
final class Decisions {
    private final Timing timing;
    private final long began;
    private final Map<String, Member> members;
    private final Map<String, Long> renewals;
    private final Placement placement;

    Decisions(Timing timing, long began, Map<String, Member> members, Map<String, Long> renewals, Placement placement) {
        this.timing = timing;
        this.began = began;
        this.members = members;
        this.renewals = renewals;
        this.placement = placement;
    }

    Write.@Nullable OfTask decide(TaskEntry entry, long now, boolean fencing) {
        return entry.isOwned() ? owned(entry, now, fencing) : free(entry, now, fencing);
    }

    private Write.@Nullable OfTask owned(TaskEntry entry, long now, boolean fencing) {
        TaskRow row = entry.row;
        Assignment right = row.assignment();
        String incarnation = Objects.requireNonNull(right.incarnation());
        if (!entry.orphaned.isEmpty()) {
            return new Write.Settle(row.id(), right.epoch(), AssignmentState.LOST, entry.orphaned);
        }
        if (now - renewals.getOrDefault(incarnation, began) >= timing.lostNanos()) {
            return new Write.Settle(row.id(), right.epoch(), AssignmentState.LOST, "silent for lease and grace");
        }
        if (entry.givenBack) {
            return new Write.Settle(row.id(), right.epoch(), AssignmentState.RELEASED, "given back in order");
        }
        if (!entry.fenced) {
            return fencing ? new Write.Fence(row.id(), right.term(), right.epoch()) : null;
        }
        Member owner = members.get(Objects.requireNonNull(right.runtime()));
        Target target = entry.target(owner != null && isOwner(entry, owner) && owner.isDraining());
        boolean revoking = target == Target.STOP || target == Target.DRAIN;
        if (revoking && right.state() != AssignmentState.REVOKING) {
            return new Write.Settle(row.id(), right.epoch(), AssignmentState.REVOKING, "told to give it back");
        }
        boolean runs = entry.told != null && entry.told.state() == RunState.RUNNING;
        if (!revoking
                && right.state() != AssignmentState.RUNNING
                && (runs || right.state() != AssignmentState.ASSIGNED)) {
            return new Write.Settle(row.id(), right.epoch(), AssignmentState.RUNNING, "runs");
        }
        return fencing && !entry.published ? new Write.Fence(row.id(), right.term(), right.epoch()) : null;
    }

    private Write.@Nullable OfTask free(TaskEntry entry, long now, boolean fencing) {
        TaskRow row = entry.row;
        if (row.deleting()) {
            return new Write.Remove(row.id(), row.assignment().epoch());
        }
        if (entry.shallStop()) {
            entry.reason = "stopped as desired";
            return null;
        }
        if (!fencing) {
            entry.reason = "the meta store does not answer (expected: reachable, to publish the task's right)";
            return null;
        }
        @Nullable String lastRuntime = row.assignment().lastRuntime();
        Member last = lastRuntime == null ? null : members.get(lastRuntime);
        if (last != null && now < last.backUntil && !last.takesTasks(now, timing)) {
            entry.reason = "waits for runtime '%s' to restart".formatted(last.id);
            return null;
        }
        Placement.Choice choice = placement.choose(entry, now);
        entry.reason = choice.reason();
        return choice.member()
                .map(member -> new Write.Assign(row.id(), row.assignment().epoch(), member.id, member.incarnation))
                .orElse(null);
    }

    static boolean isOwner(TaskEntry entry, Member member) {
        Assignment right = entry.row.assignment();
        return entry.isOwned() && member.id.equals(right.runtime()) && member.incarnation.equals(right.incarnation());
    }
}
