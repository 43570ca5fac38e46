package io.eventmesh.admin.schedule;

import io.eventmesh.admin.database.RuntimeRow;
import io.eventmesh.admin.database.TaskRow;
import io.eventmesh.admin.schedule.Directive.Order;
import io.eventmesh.admin.schedule.Directive.Target;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
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
 * this leader has not heard of is waited for as if it had reported when the term began. A report touches the tasks of its
 * runtime only; what follows from time alone is found by a look over everything, {@link #SWEEP} apart.
 *
 * <p>For one thread at a time. Times are monotonic nanoseconds.
 */
public final class Board {
    static final Duration SWEEP = Duration.ofMillis(100);
    private static final Duration FORGOTTEN = Duration.ofHours(1);

    private final Timing timing;
    private final long term;
    private final long began;
    private final long beganMillis;
    private final Map<String, TaskEntry> tasks = new LinkedHashMap<>();
    private final Map<String, Member> members = new TreeMap<>();
    /** Runtimes as stored. */
    private final Map<String, RuntimeRow> stored = new TreeMap<>();
    /** When an incarnation was last answered, which prolongs its leases. */
    private final Map<String, Long> renewals = new LinkedHashMap<>(16, 0.75f, true);

    private final Holdings holdings = new Holdings();
    private final Placement placement;
    private final Moves moves;
    private final Rollouts rollouts = new Rollouts();
    private final Decisions decisions;
    private final Applied applied;
    private final Set<TaskEntry> dirty = new LinkedHashSet<>();
    private final Set<Member> stale = new LinkedHashSet<>();
    private List<Write> notes = new ArrayList<>();
    private long swept;
    private boolean couldFence;
    private long lastVersion;

    /** @param began the time at which this leadership began */
    public Board(Timing timing, long term, long began) {
        this(timing, term, began, 0);
    }

    /**
     * @param began the time at which this leadership began
     * @param beganMillis the wall time of that
     */
    public Board(Timing timing, long term, long began, long beganMillis) {
        this.timing = timing;
        this.term = term;
        this.began = began;
        this.beganMillis = beganMillis;
        this.swept = began - SWEEP.toNanos();
        this.placement = new Placement(timing, members, holdings);
        this.moves = new Moves(timing, holdings, placement, began);
        this.decisions = new Decisions(timing, began, members, renewals, placement);
        this.applied = new Applied(term, tasks, stored, rollouts);
        this.lastVersion = term << 32;
    }

    public long term() {
        return term;
    }

    /** Takes the tasks as stored now; those that are not among them are gone. */
    public void load(Collection<TaskRow> rows) {
        Map<String, TaskEntry> loaded = new LinkedHashMap<>();
        for (TaskRow row : rows) {
            TaskEntry entry = tasks.remove(row.id());
            if (entry == null) {
                entry = new TaskEntry(row);
                touch(entry);
            } else if (!entry.row.equals(row)) {
                entry.replace(row);
                touch(entry);
            }
            loaded.put(row.id(), entry);
        }
        tasks.values().forEach(this::drop);
        tasks.clear();
        tasks.putAll(loaded);
        rollouts.load(tasks.values());
    }

    /** Takes the runtimes as stored now, with what operators want of them. */
    public void loadRuntimes(Collection<RuntimeRow> rows) {
        stored.clear();
        rows.forEach(row -> stored.put(row.id(), row));
        members.values().forEach(this::mark);
    }

    private void mark(Member member) {
        RuntimeRow row = stored.get(member.id);
        RuntimeRow.Marks marks = row == null ? RuntimeRow.Marks.NONE : row.marks();
        if (!marks.equals(member.marks)) {
            member.marks = marks;
            touch(member);
        }
    }

    /** What holds for the member's tasks, and what it may be given, may be another now. */
    private void touch(Member member) {
        stale.add(member);
        dirty.addAll(holdings.of(member.id));
        touchFree();
    }

    private void touchFree() {
        placement.forget();
        tasks.values().stream().filter(entry -> !entry.isOwned()).forEach(dirty::add);
    }

    /** The task changed: it is counted anew, its owner's set may be another, something may follow. */
    private void touch(TaskEntry entry) {
        staleHolder(entry);
        holdings.update(entry);
        staleHolder(entry);
        dirty.add(entry);
    }

    private void drop(TaskEntry entry) {
        staleHolder(entry);
        holdings.remove(entry);
        dirty.remove(entry);
    }

    private void staleHolder(TaskEntry entry) {
        Member member = entry.holder == null ? null : members.get(entry.holder);
        if (member != null) {
            stale.add(member);
        }
    }

    /** Takes a report and answers it; the answer prolongs the leases of the runtime's tasks. */
    public Directive report(Report report, long now) {
        Member member = members.get(report.runtime());
        if (member == null) {
            member = new Member(report.runtime(), report.incarnation(), now);
            members.put(member.id, member);
            mark(member);
        }
        if (member.superseded.contains(report.incarnation())) {
            return refused(report, member);
        }
        if (!member.incarnation.equals(report.incarnation())) {
            member.supersede();
        }
        boolean took = member.takesTasks(now, timing);
        member.take(report, now);
        renewals.put(report.incarnation(), now);
        for (TaskEntry entry : holdings.of(member.id)) {
            if (Hearing.hear(entry, member, report, now, notes)) {
                stale.add(member);
                dirty.add(entry);
            }
        }
        if (member.dirty || took != member.takesTasks(now, timing)) {
            touch(member);
        }
        refreshOrders();
        return directive(member, report.observedVersion());
    }

    private Directive refused(Report report, Member member) {
        String refusal = "incarnation: %s (expected: %s)".formatted(report.incarnation(), member.incarnation);
        return new Directive(report.seq(), term, 0, Optional.of(List.of()), refusal, false, List.of());
    }

    /**
     * What follows from the state at this time. Each write is to be stored in order and then told.
     *
     * @param fencing whether rights can be published now; without it nothing is assigned
     */
    public List<Write> decide(long now, boolean fencing) {
        List<Write> writes = notes;
        notes = new ArrayList<>();
        if (now - swept >= SWEEP.toNanos() || fencing != couldFence) {
            swept = now;
            couldFence = fencing;
            sweep(now, fencing, writes);
        }
        for (Member member : stale) {
            seen(member, now, writes);
        }
        for (TaskEntry entry : List.copyOf(dirty)) {
            if (entry.pending == null) {
                Write.@Nullable OfTask write = decisions.decide(entry, now, fencing);
                if (write != null) {
                    writes.add(pend(entry, write));
                }
            }
        }
        dirty.clear();
        refreshOrders();
        return writes;
    }

    private Write.OfTask pend(TaskEntry entry, Write.OfTask write) {
        entry.pending = write;
        staleHolder(entry);
        holdings.update(entry);
        return write;
    }

    private void sweep(long now, boolean fencing, List<Write> writes) {
        placement.forget();
        for (Member member : List.copyOf(members.values())) {
            seen(member, now, writes);
            boolean gone = now - member.lastReport >= timing.lostNanos() + FORGOTTEN.toNanos();
            if (gone && holdings.count(member.id) == 0 && member.marks.equals(RuntimeRow.Marks.NONE)) {
                members.remove(member.id);
                writes.add(new Write.Gone(member.id));
            }
        }
        renewals.values().removeIf(last -> now - last >= timing.lostNanos() + FORGOTTEN.toNanos());
        writes.addAll(rollouts.due(now));
        if (fencing) {
            long nowMillis = beganMillis + (now - began) / 1_000_000;
            for (Write.Move move : moves.due(members.values(), now, nowMillis)) {
                TaskEntry entry = tasks.get(move.task());
                if (entry != null && entry.pending == null) {
                    writes.add(pend(entry, move));
                }
            }
        }
        dirty.addAll(tasks.values());
    }

    private void seen(Member member, long now, List<Write> writes) {
        Member.State state = member.state(now, timing);
        if (member.dirty || state != member.stored) {
            member.dirty = false;
            member.stored = state;
            writes.add(new Write.Seen(Views.runtime(member, state)));
        }
    }

    /** The write is stored. */
    public void applied(Write write, long nowMillis) {
        for (TaskEntry entry : applied.apply(write, nowMillis)) {
            touch(entry);
        }
        if (write instanceof Write.Remove remove) {
            TaskEntry entry = tasks.remove(remove.task());
            if (entry != null) {
                drop(entry);
            }
        }
        refreshOrders();
    }

    /** The write was not stored: it is decided anew, from what is stored if that has changed. */
    public void refused(Write write) {
        if (write instanceof Write.OfTask ofTask) {
            TaskEntry entry = tasks.get(ofTask.task());
            if (entry != null) {
                entry.pending = null;
                touch(entry);
            }
        } else if (write instanceof Write.Seen seen) {
            Optional.ofNullable(members.get(seen.runtime().id())).ifPresent(member -> member.dirty = true);
        } else if (write instanceof Write.Good good) {
            rollouts.refused(good.connector());
        } else if (write instanceof Write.GiveBack back) {
            rollouts.refused(back.connector());
        } else if (write instanceof Write.Pause pause) {
            Optional.ofNullable(tasks.get(pause.task())).ifPresent(entry -> entry.breaker = TaskRow.Breaker.NONE);
        }
    }

    /** A newer right than that of this fence is published: this one ended, whoever has it. */
    public void outranked(Write.Fence fence) {
        TaskEntry entry = tasks.get(fence.task());
        if (entry != null && entry.row.assignment().epoch() == fence.epoch()) {
            entry.pending = null;
            entry.orphaned = "a newer right is published";
            touch(entry);
        }
    }

    /** The meta store may have lost what was published: every right is published again. */
    public void publishAgain() {
        tasks.values().forEach(entry -> entry.published = false);
        dirty.addAll(tasks.values());
    }

    /** The stream of a runtime ended: no new tasks until it reports again. */
    public void disconnected(String runtime, String incarnation, long now) {
        Member member = members.get(runtime);
        if (member != null && member.incarnation.equals(incarnation)) {
            member.cut = true;
            placement.forget();
            stale.add(member);
        }
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

    /** The incarnation that reports under this id; empty for none. */
    String incarnation(String runtime) {
        Member member = members.get(runtime);
        return member == null ? "" : member.incarnation;
    }

    /** What operators and others may see; changes nothing. */
    Sight sight() {
        return new Sight(timing, tasks, members, stored, holdings, placement);
    }

    /** The tasks as an operator sees them. */
    public List<TaskView> tasks() {
        return sight().tasks();
    }

    private Directive directive(Member member, long observed) {
        Optional<List<Order>> orders = observed == member.version ? Optional.empty() : Optional.of(member.orders);
        boolean cordoned = member.marks.cordoned() || member.marks.drained();
        return new Directive(member.lastSeq, term, member.version, orders, "", cordoned, List.of());
    }

    private void refreshOrders() {
        if (stale.isEmpty()) {
            return;
        }
        for (Member member : stale) {
            refreshOrders(member);
        }
        stale.clear();
    }

    private void refreshOrders(Member member) {
        List<TaskEntry> visible = holdings.of(member.id).stream()
                .filter(entry -> entry.fenced && Decisions.isOwner(entry, member))
                .toList();
        List<Order> orders = visible.stream().map(entry -> order(entry, member)).toList();
        if (member.version != 0 && orders.equals(member.orders)) {
            return;
        }
        member.orders = orders;
        member.version = ++lastVersion;
        for (TaskEntry entry : visible) {
            Target target = entry.target(member.isDraining());
            boolean revoked = target == Target.STOP || target == Target.DRAIN;
            if (!revoked) {
                entry.stopVersion = 0;
            } else if (entry.stopVersion == 0) {
                entry.stopVersion = member.version;
            }
        }
    }

    private static Order order(TaskEntry entry, Member member) {
        return new Order(
                entry.row.id(),
                entry.row.assignment().term(),
                entry.row.assignment().epoch(),
                entry.row.configRev(),
                entry.target(member.isDraining()),
                member.marks.drained() && member.marks.drainMillis() > 0
                        ? member.marks.drainMillis()
                        : entry.row.needs().drainMillis());
    }
}
