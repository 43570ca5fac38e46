package io.eventmesh.admin.schedule;

import io.eventmesh.admin.database.AssignmentState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Which running tasks should go elsewhere, so that runtimes that came later get their share. A round every
 * {@link #PERIOD}, once no runtime came within {@link #STABLE}; only when a runtime's load is more than a quarter off the
 * average; at most a tenth of the tasks in a round, and none that was moved within {@link #REST}. Belongs to the board.
 */
final class Moves {
    static final Duration STABLE = Duration.ofSeconds(10);
    static final Duration PERIOD = Duration.ofSeconds(30);
    static final Duration REST = Duration.ofMinutes(5);
    private static final double TOLERANCE = 0.25;

    private final Timing timing;
    private final Holdings holdings;
    private final Placement placement;
    private long nextRound;

    Moves(Timing timing, Holdings holdings, Placement placement, long began) {
        this.timing = timing;
        this.holdings = holdings;
        this.placement = placement;
        this.nextRound = began + STABLE.toNanos();
    }

    /**
     * The moves of the round that is due, if one is.
     *
     * @param nowMillis wall time, that of the last moves
     */
    List<Write.Move> due(Collection<Member> members, long now, long nowMillis) {
        if (now < nextRound) {
            return List.of();
        }
        List<Member> takers = members.stream()
                .filter(member -> member.takesTasks(now, timing) && !member.plugins.isEmpty())
                .toList();
        if (takers.size() < 2 || takers.stream().anyMatch(member -> now - member.since < STABLE.toNanos())) {
            return List.of();
        }
        nextRound = now + PERIOD.toNanos();
        return round(takers, now, nowMillis);
    }

    private List<Write.Move> round(List<Member> takers, long now, long nowMillis) {
        Map<String, Double> loads = new HashMap<>();
        int tasks = 0;
        for (Member member : takers) {
            loads.put(member.id, holdings.load(member.id));
            tasks += holdings.count(member.id);
        }
        List<Write.Move> moves = new ArrayList<>();
        Map<TaskEntry, String> moved = new HashMap<>();
        int most = Math.max(1, tasks / 10);
        while (moves.size() < most) {
            Optional<Step> step = best(takers, loads, moved, now, nowMillis);
            if (step.isEmpty()) {
                return moves;
            }
            TaskEntry entry = step.get().entry();
            moved.put(entry, step.get().to().id);
            loads.merge(step.get().from().id, -entry.weight(), Double::sum);
            loads.merge(step.get().to().id, entry.weight(), Double::sum);
            moves.add(new Write.Move(
                    entry.row.id(), entry.row.assignment().epoch(), step.get().to().id));
        }
        return moves;
    }

    private record Step(TaskEntry entry, Member from, Member to) {}

    /** From the most loaded to the least loaded of those that are too far from the average. */
    private Optional<Step> best(
            List<Member> takers, Map<String, Double> loads, Map<TaskEntry, String> moved, long now, long nowMillis) {
        Comparator<Member> byLoad = Comparator.comparingDouble((Member member) -> loads.getOrDefault(member.id, 0.0))
                .thenComparing(member -> member.id);
        List<Member> rising = takers.stream().sorted(byLoad).toList();
        double average = loads.values().stream().mapToDouble(load -> load).sum() / takers.size();
        for (int high = rising.size() - 1; high > 0; high--) {
            Member from = rising.get(high);
            for (Member to : rising.subList(0, high)) {
                double above = loads.getOrDefault(from.id, 0.0);
                double below = loads.getOrDefault(to.id, 0.0);
                if (above <= average * (1 + TOLERANCE) && below >= average * (1 - TOLERANCE)) {
                    continue;
                }
                Optional<TaskEntry> entry = holdings.of(from.id).stream()
                        .filter(task -> !moved.containsKey(task) && isMovable(task, nowMillis))
                        .filter(task -> below + task.weight() < above)
                        .filter(task -> placement.able(task.row, now).contains(to) && hasSlot(to, moved))
                        .min(Comparator.comparingInt(
                                        (TaskEntry task) -> holdings.siblings(to.id, task.row.connectorId()))
                                .thenComparingLong(task -> -(Hashes.affinity(task.hash, to.hash) >>> 1)));
                if (entry.isPresent()) {
                    return Optional.of(new Step(entry.get(), from, to));
                }
            }
        }
        return Optional.empty();
    }

    private boolean hasSlot(Member to, Map<TaskEntry, String> moved) {
        long coming = moved.values().stream().filter(to.id::equals).count();
        return holdings.count(to.id) + coming < to.slots;
    }

    private static boolean isMovable(TaskEntry entry, long nowMillis) {
        return entry.pending == null
                && entry.row.assignment().state() == AssignmentState.RUNNING
                && !entry.shallStop()
                && !entry.isMoving()
                && nowMillis - entry.row.wishes().movedMillis() >= REST.toMillis();
    }
}
