package io.eventmesh.admin.schedule;

import io.eventmesh.admin.database.Desired;
import io.eventmesh.admin.database.RevisionRow.Status;
import io.eventmesh.admin.database.TaskRow;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How the tasks of a connector take a new revision of its configuration: one after another, the next when the last one
 * runs, has no owner, or had its time. When none runs under it in time, all get the revision before again; the first
 * revision of all has none before. Belongs to the board.
 */
final class Rollouts {
    /** How long a task may take to run under a new revision. */
    static final Duration PATIENCE = Duration.ofSeconds(60);

    /** A connector whose tasks are not all at a revision that runs. */
    private static final class Rollout {
        final List<TaskEntry> tasks = new ArrayList<>();
        long rev;
        /** For how long a task with the revision had an owner. */
        long tried;
        /** When that was counted last; 0 while there is no such task. */
        long counted;
        /** When the last one was told to take it. */
        long rolledAt;

        @Nullable
        TaskEntry rolled;

        boolean deciding;
    }

    private final Map<String, Rollout> open = new LinkedHashMap<>();

    /** Takes the tasks as stored now. */
    void load(Collection<TaskEntry> tasks) {
        Map<String, List<TaskEntry>> byConnector = new HashMap<>();
        for (TaskEntry entry : tasks) {
            if (!entry.row.deleting()) {
                byConnector
                        .computeIfAbsent(entry.row.connectorId(), missing -> new ArrayList<>())
                        .add(entry);
            }
        }
        open.keySet().retainAll(byConnector.keySet());
        byConnector.forEach((connector, entries) -> {
            TaskRow.Revisions revisions = entries.get(0).row.revisions();
            boolean settled = revisions.status() == Status.RETURNED
                    || (revisions.status() == Status.GOOD
                            && entries.stream().allMatch(entry -> entry.row.configRev() == revisions.newest()));
            if (settled) {
                open.remove(connector);
                return;
            }
            Rollout rollout = open.computeIfAbsent(connector, missing -> new Rollout());
            if (rollout.rev != revisions.newest()) {
                rollout.rev = revisions.newest();
                rollout.tried = 0;
                rollout.counted = 0;
                rollout.rolled = null;
            }
            rollout.deciding = false;
            rollout.tasks.clear();
            rollout.tasks.addAll(entries);
            rollout.tasks.sort(Comparator.comparingInt(entry -> entry.row.ordinal()));
        });
    }

    /** What is to be done now. */
    List<Write> due(long now) {
        if (open.isEmpty()) {
            return List.of();
        }
        List<Write> writes = new ArrayList<>();
        open.values().removeIf(Rollouts::isDone);
        open.forEach((connector, rollout) -> step(connector, rollout, now).ifPresent(writes::add));
        return writes;
    }

    private static boolean isDone(Rollout rollout) {
        TaskRow.Revisions revisions = rollout.tasks.get(0).row.revisions();
        return revisions.status() == Status.RETURNED
                || (revisions.status() == Status.GOOD
                        && rollout.tasks.stream().allMatch(entry -> entry.row.configRev() == rollout.rev));
    }

    /** A decision was not stored. */
    void refused(String connector) {
        Rollout rollout = open.get(connector);
        if (rollout != null) {
            rollout.deciding = false;
        }
    }

    /** A task of the connector ran under its newest revision, and that is stored. */
    void good(String connector, long rev) {
        Rollout rollout = open.get(connector);
        if (rollout != null && rollout.rev == rev) {
            rollout.deciding = false;
            for (TaskEntry entry : rollout.tasks) {
                entry.row = entry.row.with(entry.row.configRev(), new TaskRow.Revisions(rev, rev, Status.GOOD, ""));
            }
        }
    }

    private static Optional<Write> step(String connector, Rollout rollout, long now) {
        TaskRow first = rollout.tasks.get(0).row;
        if (rollout.deciding || first.desired() == Desired.STOPPED) {
            return Optional.empty();
        }
        boolean rolling = first.revisions().status() == Status.ROLLING;
        List<TaskEntry> taken = rollout.tasks.stream()
                .filter(entry -> entry.row.configRev() == rollout.rev)
                .toList();
        if (rolling && taken.stream().anyMatch(Rollouts::isUp)) {
            rollout.deciding = true;
            return Optional.of(new Write.Good(connector, rollout.rev));
        }
        boolean tries = taken.stream().anyMatch(entry -> entry.isOwned() && !entry.shallStop());
        rollout.tried += tries && rollout.counted != 0 ? now - rollout.counted : 0;
        rollout.counted = tries ? now : 0;
        if (rolling && first.revisions().good() > 0 && rollout.tried >= PATIENCE.toNanos()) {
            rollout.deciding = true;
            return Optional.of(new Write.GiveBack(connector, rollout.rev, problem(taken)));
        }
        return next(rollout, now);
    }

    private static Optional<Write> next(Rollout rollout, long now) {
        @Nullable TaskEntry last = rollout.rolled;
        if (last != null
                && last.isOwned()
                && !last.shallStop()
                && !isUp(last)
                && now - rollout.rolledAt < PATIENCE.toNanos()) {
            return Optional.empty();
        }
        Optional<TaskEntry> next = rollout.tasks.stream()
                .filter(entry -> entry.row.configRev() != rollout.rev)
                .findFirst()
                .filter(entry -> entry.pending == null);
        next.ifPresent(entry -> {
            rollout.rolled = entry;
            rollout.rolledAt = now;
            entry.pending = new Write.Roll(entry.row.id(), rollout.rev);
        });
        return next.map(entry -> entry.pending);
    }

    private static boolean isUp(TaskEntry entry) {
        Report.TaskReport told = entry.told;
        return entry.isOwned() && told != null && told.configRev() == entry.row.configRev() && told.isUp();
    }

    private static String problem(List<TaskEntry> taken) {
        return taken.stream()
                .map(entry -> entry.told)
                .filter(told -> told != null && !told.error().isEmpty())
                .findFirst()
                .map(told -> told.error())
                .orElse("no task ran within %d s".formatted(PATIENCE.toSeconds()));
    }
}
