package io.eventmesh.admin.schedule;

import io.eventmesh.admin.database.Assignment;
import io.eventmesh.admin.database.AssignmentState;
import io.eventmesh.admin.database.RuntimeRow;
import java.util.List;
import java.util.Map;

/** What a stored decision changes on the board. Belongs to the board. */
final class Applied {
    private final long term;
    private final Map<String, TaskEntry> tasks;
    private final Map<String, RuntimeRow> stored;
    private final Rollouts rollouts;

    Applied(long term, Map<String, TaskEntry> tasks, Map<String, RuntimeRow> stored, Rollouts rollouts) {
        this.term = term;
        this.tasks = tasks;
        this.stored = stored;
        this.rollouts = rollouts;
    }

    /** @return the tasks that changed */
    List<TaskEntry> apply(Write write, long nowMillis) {
        if (write instanceof Write.OfTask ofTask) {
            TaskEntry entry = tasks.get(ofTask.task());
            if (entry == null) {
                return List.of();
            }
            entry.pending = null;
            apply(ofTask, entry, nowMillis);
            return List.of(entry);
        }
        if (write instanceof Write.Seen seen) {
            RuntimeRow row = seen.runtime();
            RuntimeRow before = stored.get(row.id());
            stored.put(row.id(), before == null ? row : row.with(before.marks()));
        } else if (write instanceof Write.Gone gone) {
            stored.remove(gone.runtime());
        } else if (write instanceof Write.Weigh weigh) {
            TaskEntry entry = tasks.get(weigh.task());
            if (entry != null) {
                entry.row = entry.row.with(entry.row.needs().weighing(weigh.weight()));
                return List.of(entry);
            }
        } else if (write instanceof Write.Pause pause) {
            TaskEntry entry = tasks.get(pause.task());
            if (entry != null) {
                entry.row = entry.row.with(entry.row.wishes().paused(pause.why(), pause.breaker()));
                return List.of(entry);
            }
        } else if (write instanceof Write.Good good) {
            rollouts.good(good.connector(), good.rev());
        }
        return List.of();
    }

    private void apply(Write.OfTask write, TaskEntry entry, long nowMillis) {
        Assignment was = entry.row.assignment();
        if (write instanceof Write.Assign assign) {
            String last = was.lastRuntime();
            if (last != null && !last.equals(assign.runtime())) {
                entry.row = entry.row.with(entry.row.wishes().moved(nowMillis));
            }
            entry.replace(entry.row.with(new Assignment(
                    assign.runtime(),
                    assign.incarnation(),
                    assign.runtime(),
                    term,
                    assign.epoch() + 1,
                    AssignmentState.ASSIGNED,
                    nowMillis)));
        } else if (write instanceof Write.Fence fence) {
            boolean same = fence.epoch() == was.epoch() && fence.term() == was.term();
            entry.fenced |= same;
            entry.published |= same;
        } else if (write instanceof Write.Settle settle) {
            boolean owned = settle.state().isOwned();
            entry.replace(entry.row.with(new Assignment(
                    owned ? was.runtime() : null,
                    owned ? was.incarnation() : null,
                    was.lastRuntime(),
                    was.term(),
                    was.epoch(),
                    settle.state(),
                    nowMillis)));
        } else if (write instanceof Write.Move move) {
            entry.row = entry.row.with(entry.row.wishes().moving(move.epoch(), move.runtime()));
        } else if (write instanceof Write.Roll roll) {
            entry.row = entry.row.with(roll.rev(), entry.row.revisions());
        }
    }
}
