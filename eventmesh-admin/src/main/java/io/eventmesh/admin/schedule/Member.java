package io.eventmesh.admin.schedule;

import io.eventmesh.admin.database.RuntimeRow.Marks;
import io.eventmesh.admin.schedule.Directive.Order;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A runtime as the leader knows it. Belongs to the board. */
final class Member {
    /** How a runtime is. */
    enum State {
        ALIVE,
        /** Silent for a while, or in trouble: keeps its tasks, gets no new ones. */
        SUSPECT,
        /** Gives its tasks back. */
        DRAINING,
        /** Silent for longer than lease and grace. */
        DEAD
    }

    /** Former incarnations that are still refused. */
    private static final int SUPERSEDED = 16;

    final String id;
    final long hash;
    String incarnation;
    String address = "";
    List<String> roles = List.of();
    int slots;
    boolean draining;
    /** It stopped to come back: until then its tasks wait for it. */
    long backUntil = Long.MIN_VALUE;

    String trouble = "";
    /** Its stream broke, and it has not reported since. */
    boolean cut;
    /** When this incarnation reported first. */
    long since;

    long lastReport;
    long lastSeq;
    long observedVersion;
    List<Report.PluginInfo> plugins = List.of();
    Map<String, String> labels = Map.of();
    Map<String, Report.TaskReport> tasks = Map.of();
    Marks marks = Marks.NONE;
    State stored = State.DEAD;
    boolean dirty = true;
    /** Incarnations that a newer one of this runtime has followed. */
    final Set<String> superseded = new LinkedHashSet<>();

    /** The set of tasks it was told last, with its number. */
    List<Order> orders = List.of();

    long version;

    Member(String id, String incarnation, long now) {
        this.id = id;
        this.hash = Hashes.of(id);
        this.incarnation = incarnation;
        this.since = now;
    }

    State state(long now, Timing timing) {
        long silent = now - lastReport;
        if (silent >= timing.lostNanos()) {
            return State.DEAD;
        }
        if (isDraining()) {
            return State.DRAINING;
        }
        return cut || !trouble.isEmpty() || silent >= timing.suspect().toNanos() ? State.SUSPECT : State.ALIVE;
    }

    /** Whether it gives its tasks back, because it says so or because an operator does. */
    boolean isDraining() {
        return draining || marks.drained();
    }

    /** Whether it may be given tasks. */
    boolean takesTasks(long now, Timing timing) {
        return !marks.cordoned() && state(now, timing) == State.ALIVE;
    }

    void supersede() {
        superseded.add(incarnation);
        if (superseded.size() > SUPERSEDED) {
            superseded.remove(superseded.iterator().next());
        }
        orders = List.of();
        version = 0;
    }

    /** Takes a report; what is said for the first time or otherwise than before makes it dirty. */
    void take(Report report, long now) {
        boolean other = !incarnation.equals(report.incarnation());
        dirty |= other
                || draining != report.draining()
                || slots != report.slots()
                || !address.equals(report.address())
                || !roles.equals(report.roles())
                || !labels.equals(report.labels())
                || !trouble.equals(report.trouble())
                || (!report.plugins().isEmpty() && !plugins.equals(report.plugins()));
        if (other) {
            since = now;
            plugins = List.of();
        }
        if (dirty) {
            incarnation = report.incarnation();
            address = report.address();
            roles = List.copyOf(report.roles());
            labels = Map.copyOf(report.labels());
            trouble = report.trouble();
            slots = report.slots();
            draining = report.draining();
            plugins = report.plugins().isEmpty() ? plugins : List.copyOf(report.plugins());
        }
        if (draining && report.restartExpectedMillis() > 0) {
            backUntil = now + report.restartExpectedMillis() * 1_000_000;
        }
        cut = false;
        lastReport = now;
        lastSeq = report.seq();
        observedVersion = report.observedVersion();
        tasks = report.tasks();
    }
}
