package io.eventmesh.admin.schedule;

import io.eventmesh.admin.schedule.Directive.Order;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A runtime as the leader knows it. Belongs to the board. */
final class Member {
    /** How a runtime is. */
    enum State {
        ALIVE,
        /** Silent for a while: keeps its tasks, gets no new ones. */
        SUSPECT,
        /** Gives its tasks back. */
        DRAINING,
        /** Silent for longer than lease and grace. */
        DEAD
    }

    final String id;
    String incarnation;
    String address = "";
    List<String> roles = List.of();
    int slots;
    boolean draining;
    long lastReport;
    long lastSeq;
    long observedVersion;
    List<Report.PluginInfo> plugins = List.of();
    Map<String, Report.TaskReport> tasks = Map.of();
    State stored = State.DEAD;
    boolean dirty = true;
    /** Incarnations that a newer one of this runtime has followed. */
    final Set<String> superseded = new HashSet<>();

    /** The set of tasks it was told last, with its number. */
    List<Order> orders = List.of();

    long version;

    Member(String id, String incarnation) {
        this.id = id;
        this.incarnation = incarnation;
    }

    State state(long now, Timing timing) {
        long silent = now - lastReport;
        if (silent >= timing.lostNanos()) {
            return State.DEAD;
        }
        if (draining) {
            return State.DRAINING;
        }
        return silent >= timing.suspect().toNanos() ? State.SUSPECT : State.ALIVE;
    }

    boolean offers(String kind, String plugin) {
        return plugins.stream()
                .anyMatch(offer ->
                        offer.kind().equalsIgnoreCase(kind) && offer.name().equals(plugin));
    }

    void take(Report report, long now) {
        dirty |= !incarnation.equals(report.incarnation())
                || !address.equals(report.address())
                || !roles.equals(report.roles())
                || slots != report.slots()
                || (!report.plugins().isEmpty() && !plugins.equals(report.plugins()));
        incarnation = report.incarnation();
        address = report.address();
        roles = List.copyOf(report.roles());
        slots = report.slots();
        draining = report.draining();
        lastReport = now;
        lastSeq = report.seq();
        observedVersion = report.observedVersion();
        if (!report.plugins().isEmpty()) {
            plugins = List.copyOf(report.plugins());
        }
        tasks = new HashMap<>(report.tasks());
    }
}
