package io.eventmesh.admin.schedule;

import io.eventmesh.admin.database.Assignment;
import io.eventmesh.admin.database.AssignmentState;
import io.eventmesh.admin.database.TaskRow;
import io.eventmesh.admin.schedule.Directive.Order;
import io.eventmesh.admin.schedule.Directive.Target;
import io.eventmesh.admin.schedule.Report.RunState;
import io.eventmesh.admin.schedule.Report.TaskReport;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The scheduler's decisions as a state machine: rows, reports and the time go in, writes and directives come out. It
 * has no thread, no clock and no database, and lives for one term of leadership.
 *
 * <pre>
 * UNASSIGNED --Assign--> ASSIGNED --Fence--> (visible to the owner) --report RUNNING--> RUNNING
 * ASSIGNED, RUNNING --told to give back--> REVOKING --report RELEASED--> RELEASED --Assign--> ASSIGNED (epoch + 1)
 * ASSIGNED, RUNNING, REVOKING --owner silent for lease + grace, or restarted--> LOST --Assign--> ASSIGNED (epoch + 1)
 * UNASSIGNED, RELEASED, LOST --task is to end--> removed
 * </pre>
 *
 * A decision takes effect when {@link #applied} says that it is stored; until then the task is left alone. An owner that
 * this leader has not heard of is waited for as if it had reported when the term began.
 *
 * <p>For one thread at a time. Times are monotonic nanoseconds.
 */
public final class Board {
    private final Timing timing;
    private final long term;
    private final long began;
    private final Placement placement;
    private final Map<String, TaskEntry> tasks = new LinkedHashMap<>();
    private final Map<String, Member> members = new LinkedHashMap<>();
    /** When an incarnation was last answered, which prolongs its leases. */
    private final Map<String, Long> renewals = new HashMap<>();

    private long lastVersion;

    /** @param began the time at which this leadership began */
    public Board(Timing timing, long term, long began) {
        this.timing = timing;
        this.term = term;
        this.began = began;
        this.placement = new Placement(timing);
        this.lastVersion = term << 32;
    }

    public long term() {
        return term;
    }

    /** Takes the tasks as stored now; those that are not among them are gone. */
    public void load(Collection<TaskRow> rows) {
        Map<String, TaskEntry> loaded = new LinkedHashMap<>();
        for (TaskRow row : rows) {
            TaskEntry entry = tasks.get(row.id());
            if (entry == null) {
                entry = new TaskEntry(row);
            } else {
                entry.replace(row);
            }
            loaded.put(row.id(), entry);
        }
        tasks.clear();
        tasks.putAll(loaded);
    }

    /** Takes a report and answers it; the answer prolongs the leases of the runtime's tasks. */
    public Directive report(Report report, long now) {
        Member member = members.computeIfAbsent(report.runtime(), id -> new Member(id, report.incarnation()));
        if (member.superseded.contains(report.incarnation())) {
            return new Directive(
                    report.seq(),
                    term,
                    0,
                    Optional.of(List.of()),
                    "incarnation: %s (expected: %s)".formatted(report.incarnation(), member.incarnation));
        }
        if (!member.incarnation.equals(report.incarnation())) {
            member.superseded.add(member.incarnation);
            member.orders = List.of();
            member.version = 0;
        }
        member.take(report, now);
        renewals.put(report.incarnation(), now);
        tasks.values().forEach(entry -> hear(entry, member, report));
        refreshOrders();
        return directive(member, report.observedVersion());
    }

    private static void hear(TaskEntry entry, Member member, Report report) {
        Assignment right = entry.row.assignment();
        if (!entry.isOwned() || !member.id.equals(right.runtime())) {
            return;
        }
        if (!member.incarnation.equals(right.incarnation())) {
            entry.orphaned |= report.restarted();
            return;
        }
        TaskReport told = report.tasks().get(entry.row.id());
        if (told == null) {
            // it has the set in which it was told to stop, and does not run the task
            entry.givenBack |= entry.stopVersion > 0 && report.observedVersion() >= entry.stopVersion;
        } else if (told.term() == right.term() && told.epoch() == right.epoch()) {
            entry.fenced = true; // it could not have the right if that were not published
            entry.givenBack |= told.state() == RunState.RELEASED;
            entry.orphaned |= told.state() == RunState.LOST;
        }
    }

    /**
     * What follows from the state at this time. Each write is to be stored in order and then told.
     *
     * @param fencing whether rights can be published now; without it nothing is assigned
     */
    public List<Write> decide(long now, boolean fencing) {
        List<Write> writes = new ArrayList<>();
        for (Member member : members.values()) {
            Member.State state = member.state(now, timing);
            if (member.dirty || state != member.stored) {
                member.dirty = false;
                member.stored = state;
                writes.add(new Write.Seen(Views.runtime(member, state)));
            }
        }
        for (TaskEntry entry : tasks.values()) {
            if (entry.pending == null) {
                Write.OfTask write =
                        entry.isOwned() ? decideOwned(entry, now, fencing) : decideFree(entry, now, fencing);
                if (write != null) {
                    entry.pending = write;
                    writes.add(write);
                }
            }
        }
        refreshOrders();
        return writes;
    }

    private Write.@Nullable OfTask decideOwned(TaskEntry entry, long now, boolean fencing) {
        TaskRow row = entry.row;
        Assignment right = row.assignment();
        String incarnation = Objects.requireNonNull(right.incarnation());
        if (entry.orphaned) {
            return new Write.Settle(
                    row.id(), right.epoch(), AssignmentState.LOST, "its process is gone or fenced itself");
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
        Target target = entry.target(ownerDrains(entry));
        boolean revoking = target == Target.STOP || target == Target.DRAIN;
        if (revoking && right.state() != AssignmentState.REVOKING) {
            return new Write.Settle(row.id(), right.epoch(), AssignmentState.REVOKING, "told to give it back");
        }
        boolean runs = reported(entry).map(TaskReport::state).orElse(RunState.STARTING) == RunState.RUNNING;
        if (!revoking
                && right.state() != AssignmentState.RUNNING
                && (runs || right.state() != AssignmentState.ASSIGNED)) {
            return new Write.Settle(row.id(), right.epoch(), AssignmentState.RUNNING, "runs");
        }
        return null;
    }

    private Write.@Nullable OfTask decideFree(TaskEntry entry, long now, boolean fencing) {
        TaskRow row = entry.row;
        if (row.deleting()) {
            return new Write.Remove(row.id(), row.assignment().epoch());
        }
        entry.restart = false;
        if (entry.shallStop()) {
            entry.reason = "stopped as desired";
            return null;
        }
        if (!fencing) {
            entry.reason = "the meta store does not answer (expected: reachable, to publish the task's right)";
            return null;
        }
        Placement.Choice choice = placement.choose(
                row, members.values(), now, member -> load(member, ""), member -> load(member, row.connectorId()));
        entry.reason = choice.reason();
        return choice.member()
                .map(member -> new Write.Assign(row.id(), row.assignment().epoch(), member.id, member.incarnation))
                .orElse(null);
    }

    /** The write is stored. */
    public void applied(Write write, long nowMillis) {
        if (!(write instanceof Write.OfTask ofTask)) {
            return;
        }
        TaskEntry entry = tasks.get(ofTask.task());
        if (entry == null) {
            return;
        }
        entry.pending = null;
        Assignment was = entry.row.assignment();
        if (write instanceof Write.Assign assign) {
            entry.replace(entry.row.with(new Assignment(
                    assign.runtime(),
                    assign.incarnation(),
                    assign.runtime(),
                    term,
                    assign.epoch() + 1,
                    AssignmentState.ASSIGNED,
                    nowMillis)));
        } else if (write instanceof Write.Fence fence) {
            entry.fenced |= fence.epoch() == was.epoch() && fence.term() == was.term();
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
        } else if (write instanceof Write.Remove) {
            tasks.remove(ofTask.task());
        }
        refreshOrders();
    }

    /** The write was not stored: it is decided anew, from what is stored if that has changed. */
    public void refused(Write write) {
        if (write instanceof Write.OfTask ofTask) {
            TaskEntry entry = tasks.get(ofTask.task());
            if (entry != null) {
                entry.pending = null;
            }
        } else if (write instanceof Write.Seen seen) {
            Member member = members.get(seen.runtime().id());
            if (member != null) {
                member.dirty = true;
            }
        }
    }

    /** The stream of a runtime ended: no new tasks until it reports again. */
    public void disconnected(String runtime, String incarnation, long now) {
        Member member = members.get(runtime);
        if (member != null && member.incarnation.equals(incarnation)) {
            member.lastReport =
                    Math.min(member.lastReport, now - timing.suspect().toNanos());
        }
    }

    /** A person wants the task closed and opened again; answers whether somebody has it. */
    public boolean restart(String task) {
        TaskEntry entry = tasks.get(task);
        if (entry == null || !entry.isOwned()) {
            return false;
        }
        entry.restart = true;
        return true;
    }

    /** What a runtime would be told now without having asked, if it has not got it. */
    public Optional<Directive> unasked(String runtime) {
        Member member = members.get(runtime);
        return member == null || member.version == member.observedVersion
                ? Optional.empty()
                : Optional.of(directive(member, member.observedVersion));
    }

    /** What a runtime would be told now, whether it has got it or not. */
    public Optional<Directive> current(String runtime) {
        return Optional.ofNullable(members.get(runtime)).map(member -> directive(member, member.observedVersion));
    }

    /** The tasks as an operator sees them. */
    public List<TaskView> tasks() {
        return tasks.values().stream()
                .map(entry -> new TaskView(entry.row, entry.isOwned() ? "" : entry.reason, reported(entry)))
                .toList();
    }

    /** The connector plugins that runtimes have, by runtime. */
    public Map<String, List<Report.PluginInfo>> plugins() {
        Map<String, List<Report.PluginInfo>> plugins = new LinkedHashMap<>();
        members.values().forEach(member -> plugins.put(member.id, member.plugins));
        return plugins;
    }

    private Directive directive(Member member, long observed) {
        Optional<List<Order>> orders = observed == member.version ? Optional.empty() : Optional.of(member.orders);
        return new Directive(member.lastSeq, term, member.version, orders, "");
    }

    private void refreshOrders() {
        for (Member member : members.values()) {
            List<TaskEntry> visible = tasks.values().stream()
                    .filter(entry -> entry.fenced && isOwner(entry, member))
                    .toList();
            List<Order> orders = visible.stream().map(this::order).toList();
            if (member.version == 0 || !orders.equals(member.orders)) {
                member.orders = orders;
                member.version = ++lastVersion;
                for (TaskEntry entry : visible) {
                    Target target = entry.target(member.draining);
                    boolean revoked = target == Target.STOP || target == Target.DRAIN;
                    if (!revoked) {
                        entry.stopVersion = 0;
                    } else if (entry.stopVersion == 0) {
                        entry.stopVersion = member.version;
                    }
                }
            }
        }
    }

    private Order order(TaskEntry entry) {
        Assignment right = entry.row.assignment();
        return new Order(
                entry.row.id(), right.term(), right.epoch(), entry.row.configRev(), entry.target(ownerDrains(entry)));
    }

    private boolean ownerDrains(TaskEntry entry) {
        Member member = members.get(entry.row.assignment().runtime());
        return member != null && isOwner(entry, member) && member.draining;
    }

    private static boolean isOwner(TaskEntry entry, Member member) {
        Assignment right = entry.row.assignment();
        return entry.isOwned() && member.id.equals(right.runtime()) && member.incarnation.equals(right.incarnation());
    }

    private Optional<TaskReport> reported(TaskEntry entry) {
        Member member = members.get(entry.row.assignment().runtime());
        if (member == null || !isOwner(entry, member)) {
            return Optional.empty();
        }
        Assignment right = entry.row.assignment();
        return Optional.ofNullable(member.tasks.get(entry.row.id()))
                .filter(told -> told.term() == right.term() && told.epoch() == right.epoch());
    }

    /** Tasks that a runtime has or is about to get, of one connector or, for an empty id, of all. */
    private int load(Member member, String connector) {
        int count = 0;
        for (TaskEntry entry : tasks.values()) {
            boolean coming = entry.pending instanceof Write.Assign assign
                    && assign.runtime().equals(member.id);
            boolean has =
                    entry.isOwned() && member.id.equals(entry.row.assignment().runtime());
            if ((coming || has) && (connector.isEmpty() || connector.equals(entry.row.connectorId()))) {
                count++;
            }
        }
        return count;
    }
}
