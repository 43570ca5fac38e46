package io.eventmesh.admin.schedule;

import io.eventmesh.admin.database.Assignment;
import io.eventmesh.admin.database.AssignmentState;
import io.eventmesh.admin.database.Desired;
import io.eventmesh.admin.database.RevisionRow;
import io.eventmesh.admin.database.RuntimeRow;
import io.eventmesh.admin.database.TaskRow;
import io.eventmesh.admin.schedule.Directive.Order;
import io.eventmesh.admin.schedule.Directive.Target;
import io.eventmesh.admin.schedule.Report.RunState;
import io.eventmesh.admin.schedule.Report.TaskReport;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.UnaryOperator;

/** A board with a database that always stores, and runtimes that do what they are told. */
final class Cluster {
    static final Timing TIMING = new Timing(Duration.ofSeconds(15), Duration.ofSeconds(5), Duration.ofSeconds(6));
    static final long TERM = 7;

    long now = Duration.ofHours(1).toNanos();
    Board board = new Board(TIMING, TERM, now, 1_000_000);
    final Map<String, TaskRow> rows = new LinkedHashMap<>();
    final Map<String, RuntimeRow> runtimes = new TreeMap<>();
    final Map<String, Host> alive = new TreeMap<>();
    final List<Write> written = new ArrayList<>();
    /** What a task says instead of RUNNING, by task. */
    final Map<String, UnaryOperator<TaskReport>> says = new HashMap<>();

    static final class Host {
        final String id;
        final Map<String, String> labels;
        int slots = 1_000;
        String version = "1";
        boolean draining;
        long restartExpected;
        String trouble = "";
        String incarnation;
        long observed;
        List<Order> orders = List.of();
        long seq;

        Host(String id, Map<String, String> labels) {
            this.id = id;
            this.labels = labels;
            this.incarnation = id + "-1";
        }
    }

    Host runtime(String id) {
        return runtime(id, Map.of());
    }

    Host runtime(String id, Map<String, String> labels) {
        Host runtime = new Host(id, labels);
        alive.put(id, runtime);
        report(runtime);
        return runtime;
    }

    /** Another admin leads from now on; it knows what is stored. */
    void otherLeader() {
        board = new Board(TIMING, board.term() + 1, now, 1_000_000);
        load();
    }

    void lose(String id) {
        alive.remove(id);
    }

    void task(String id, String connector) {
        task(id, connector, 0, TaskRow.Needs.NONE, new TaskRow.Revisions(1, 1, RevisionRow.Status.GOOD, ""));
    }

    void task(String id, String connector, int ordinal, TaskRow.Needs needs, TaskRow.Revisions revisions) {
        rows.put(
                id,
                new TaskRow(
                        id,
                        ordinal,
                        false,
                        connector,
                        "default",
                        connector,
                        "SOURCE",
                        "file",
                        Desired.RUNNING,
                        revisions.good() == 0 ? revisions.newest() : revisions.good(),
                        1,
                        new Assignment(null, null, null, 0, 0, AssignmentState.UNASSIGNED, 0),
                        needs,
                        TaskRow.Wishes.NONE,
                        revisions));
    }

    void load() {
        board.load(rows.values());
        board.loadRuntimes(runtimes.values());
    }

    void change(String task, UnaryOperator<TaskRow> change) {
        rows.put(task, change.apply(row(task)));
        load();
    }

    void mark(String runtime, boolean cordoned, boolean drained) {
        RuntimeRow row = Objects.requireNonNull(runtimes.get(runtime), runtime);
        runtimes.put(
                runtime,
                row.with(new RuntimeRow.Marks(cordoned, drained, 0, row.marks().revision() + 1)));
        load();
    }

    /** Lets time go by with beats of a second. */
    void seconds(int count) {
        for (int i = 0; i < count; i++) {
            now += Duration.ofSeconds(1).toNanos();
            beat();
        }
    }

    /** One report of each runtime, and all that follows from it. */
    void beat() {
        List.copyOf(alive.values()).forEach(this::report);
        settle();
    }

    private void report(Host runtime) {
        Map<String, TaskReport> tasks = new HashMap<>();
        for (Order order : runtime.orders) {
            RunState state = switch (order.target()) {
                case RUN -> RunState.RUNNING;
                case PAUSE -> RunState.PAUSED;
                case DRAIN, STOP -> RunState.RELEASED;
            };
            TaskReport plain = new TaskReport(order.term(), order.epoch(), order.configRev(), state, 0, 0, 0, 0, "", 0);
            boolean goesOn = order.target() == Target.RUN || order.target() == Target.PAUSE;
            tasks.put(
                    order.task(),
                    goesOn ? says.getOrDefault(order.task(), same -> same).apply(plain) : plain);
        }
        Directive directive = board.report(
                new Report(
                        runtime.id,
                        runtime.incarnation,
                        ++runtime.seq,
                        "",
                        List.of("connector"),
                        runtime.slots,
                        runtime.draining,
                        runtime.observed,
                        List.of(new Report.PluginInfo("source", "file", runtime.version, "")),
                        false,
                        tasks,
                        runtime.labels,
                        runtime.restartExpected,
                        runtime.trouble),
                now);
        directive.tasks().ifPresent(orders -> {
            runtime.orders = orders;
            runtime.observed = directive.version();
        });
    }

    void settle() {
        for (int round = 0; round < 50; round++) {
            List<Write> writes = board.decide(now, true);
            for (Write write : writes) {
                written.add(write);
                board.applied(write, 1_000_000 + (now - Duration.ofHours(1).toNanos()) / 1_000_000);
                if (write instanceof Write.Seen seen) {
                    RuntimeRow before = runtimes.get(seen.runtime().id());
                    runtimes.put(
                            seen.runtime().id(),
                            before == null ? seen.runtime() : seen.runtime().with(before.marks()));
                }
            }
            board.tasks().forEach(view -> rows.put(view.row().id(), view.row()));
            if (writes.stream().noneMatch(Write.OfTask.class::isInstance)) {
                return;
            }
        }
        throw new AssertionError("decides for ever: " + written.subList(written.size() - 20, written.size()));
    }

    TaskRow row(String task) {
        return Objects.requireNonNull(rows.get(task), task);
    }

    String owner(String task) {
        return String.valueOf(row(task).assignment().runtime());
    }

    String reason(String task) {
        return board.sight().task(task).reason();
    }

    /** How many tasks each alive runtime has. */
    Map<String, Integer> shares() {
        Map<String, Integer> shares = new TreeMap<>();
        alive.keySet().forEach(id -> shares.put(id, 0));
        rows.keySet().forEach(task -> shares.computeIfPresent(owner(task), (id, count) -> count + 1));
        return shares;
    }

    Map<String, String> owners() {
        Map<String, String> owners = new TreeMap<>();
        rows.keySet().forEach(task -> owners.put(task, owner(task)));
        return owners;
    }

    List<Write> written(Class<? extends Write> kind) {
        return written.stream().filter(kind::isInstance).toList();
    }
}
