package io.eventmesh.admin.schedule;

import io.eventmesh.admin.database.RuntimeRow;
import io.eventmesh.admin.database.TaskRow;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.Names;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.Predicate;

/** What may be seen of the board without changing anything. For the board's thread. */
final class Sight {
    private final Timing timing;
    private final Map<String, TaskEntry> tasks;
    private final Map<String, Member> members;
    private final Map<String, RuntimeRow> stored;
    private final Holdings holdings;
    private final Placement placement;

    Sight(
            Timing timing,
            Map<String, TaskEntry> tasks,
            Map<String, Member> members,
            Map<String, RuntimeRow> stored,
            Holdings holdings,
            Placement placement) {
        this.timing = timing;
        this.tasks = tasks;
        this.members = members;
        this.stored = stored;
        this.holdings = holdings;
        this.placement = placement;
    }

    List<TaskView> tasks() {
        return tasks.values().stream().map(Sight::view).toList();
    }

    private static TaskView view(TaskEntry entry) {
        return new TaskView(entry.row, entry.isOwned() ? "" : entry.reason, Optional.ofNullable(entry.told));
    }

    TaskView task(String id) {
        return view(require(id));
    }

    private TaskEntry require(String id) {
        TaskEntry entry = tasks.get(id);
        if (entry == null) {
            throw unknown("task", id);
        }
        return entry;
    }

    static EventMeshException unknown(String what, String id) {
        return new EventMeshException(
                ErrorCode.NOT_FOUND, "%s: '%s' (expected: an existing one)".formatted(what, Names.shown(id)));
    }

    static EventMeshException unowned(String id) {
        return new EventMeshException(
                ErrorCode.PRECONDITION_FAILED,
                "task: '%s' is owned by nobody (expected: by a runtime)".formatted(Names.shown(id)));
    }

    List<RuntimeView> runtimes(long now) {
        TreeSet<String> ids = new TreeSet<>(stored.keySet());
        ids.addAll(members.keySet());
        return ids.stream().map(id -> runtime(id, now)).toList();
    }

    RuntimeView runtime(String id, long now) {
        RuntimeRow row = stored.get(id);
        Member member = members.get(id);
        if (member == null) {
            if (row == null) {
                throw unknown("runtime", id);
            }
            return new RuntimeView(row, row.state(), holdings.count(id), holdings.load(id), -1, "");
        }
        Member.State state = member.state(now, timing);
        RuntimeRow known = row == null ? Views.runtime(member, state) : row;
        return new RuntimeView(
                known,
                state.name(),
                holdings.count(id),
                holdings.load(id),
                (now - member.lastReport) / 1_000_000,
                member.trouble);
    }

    /**
     * The epoch of the right under which a task may be moved; empty when it is there already.
     *
     * @throws EventMeshException NOT_FOUND, PRECONDITION_FAILED
     */
    Optional<Long> movableEpoch(String task, String runtime, long now) {
        TaskEntry entry = require(task);
        if (!entry.isOwned()) {
            throw unowned(task);
        }
        TaskRow row = entry.row;
        String owner = String.valueOf(row.assignment().runtime());
        placement.forget();
        if (runtime.isEmpty()) {
            if (placement.able(row, now).stream().allMatch(member -> member.id.equals(owner))) {
                throw new EventMeshException(
                        ErrorCode.PRECONDITION_FAILED,
                        "runtime: only '%s' (expected: another that can run the task)".formatted(owner));
            }
            return Optional.of(row.assignment().epoch());
        }
        Member member = members.get(runtime);
        if (member == null) {
            throw unknown("runtime", runtime);
        }
        if (runtime.equals(owner)) {
            return Optional.empty();
        }
        String refusal = placement.refusal(row, member, now);
        if (!refusal.isEmpty()) {
            throw new EventMeshException(
                    ErrorCode.PRECONDITION_FAILED, refusal + " (expected: one that can run the task)");
        }
        return Optional.of(row.assignment().epoch());
    }

    /**
     * Refuses a runtime that runs no connectors.
     *
     * @throws EventMeshException NOT_FOUND, PRECONDITION_FAILED
     */
    void requireHost(String runtime) {
        Member member = members.get(runtime);
        if (member == null) {
            throw unknown("runtime", runtime);
        }
        if (!member.roles.contains("connector")) {
            throw new EventMeshException(
                    ErrorCode.PRECONDITION_FAILED,
                    "runtime: '%s' has the roles %s (expected: connector)"
                            .formatted(Names.shown(runtime), member.roles));
        }
    }

    /** The least loaded alive runtime that has a plugin and that the test passes. */
    Optional<String> having(Ask.Connector ask, long now, Predicate<String> test) {
        return members.values().stream()
                .filter(member -> member.state(now, timing) == Member.State.ALIVE && test.test(member.id))
                .filter(member -> member.plugins.stream()
                        .anyMatch(offer -> offer.kind().equalsIgnoreCase(ask.kind())
                                && offer.name().equals(ask.plugin())))
                .min(Comparator.comparingDouble((Member member) -> holdings.load(member.id))
                        .thenComparing(member -> member.id))
                .map(member -> member.id);
    }
}
