package io.eventmesh.admin.schedule;

import io.eventmesh.admin.database.Assignment;
import io.eventmesh.admin.database.AssignmentState;
import io.eventmesh.admin.database.Desired;
import io.eventmesh.admin.database.TaskRow.Breaker;
import io.eventmesh.admin.schedule.Report.Failure;
import io.eventmesh.admin.schedule.Report.RunState;
import io.eventmesh.admin.schedule.Report.TaskReport;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a report says of the tasks that are counted under its runtime. Belongs to the board. */
final class Hearing {
    private static final Duration WEIGH = Duration.ofMinutes(1);
    private static final double OTHER_WEIGHT = 0.2;

    private Hearing() {}

    /**
     * Takes what a runtime says of a task.
     *
     * @param notes takes what is to be stored of it
     * @return whether something may follow for the scheduler
     */
    static boolean hear(TaskEntry entry, Member member, Report report, long now, List<Write> notes) {
        Assignment right = entry.row.assignment();
        if (!entry.isOwned() || !member.id.equals(right.runtime())) {
            return false;
        }
        if (!member.incarnation.equals(right.incarnation())) {
            if (report.restarted() && entry.orphaned.isEmpty()) {
                entry.orphaned = "its process is gone";
                return true;
            }
            return false;
        }
        TaskReport told = report.tasks().get(entry.row.id());
        if (told == null) {
            // it has the set in which it was told to stop, and does not run the task
            boolean stopped = entry.stopVersion > 0 && report.observedVersion() >= entry.stopVersion;
            boolean news = stopped && !entry.givenBack;
            entry.givenBack |= stopped;
            entry.told = null;
            return news;
        }
        if (told.term() != right.term() || told.epoch() != right.epoch()) {
            return false;
        }
        @Nullable TaskReport before = entry.told;
        entry.told = told;
        entry.givenBack |= told.state() == RunState.RELEASED;
        if (told.state() == RunState.LOST && entry.orphaned.isEmpty()) {
            entry.orphaned = "its owner fenced it off";
        }
        weigh(entry, told, now, notes);
        breaker(entry, told, notes);
        boolean news = !entry.fenced
                || before == null
                || before.state() != told.state()
                || before.configRev() != told.configRev()
                || before.failureSeq() != told.failureSeq();
        if (news) {
            entry.fenced = true; // it could not have the right if that had not been published
            note(entry, before, told, notes);
        }
        return news;
    }

    private static void note(TaskEntry entry, @Nullable TaskReport before, TaskReport told, List<Write> notes) {
        Assignment right = entry.row.assignment();
        // a new leader hears of old failures again, but not of where they happened
        boolean failed = before == null ? !told.stack().isEmpty() : before.failureSeq() != told.failureSeq();
        if (failed && told.failure() != Failure.NONE) {
            notes.add(new Write.History(
                    entry.row.id(), right.epoch(), told.failure().name(), told.error(), told.stack()));
        }
        if (before != null && before.state() != told.state() && isTold(entry, told.state())) {
            notes.add(new Write.History(
                    entry.row.id(),
                    right.epoch(),
                    told.state().name(),
                    told.state() == RunState.RUNNING ? "runs" : told.error(),
                    ""));
        }
    }

    private static void breaker(TaskEntry entry, TaskReport told, List<Write> notes) {
        Breaker breaker = new Breaker(entry.row.assignment().epoch(), told.failureSeq());
        Breaker stored = entry.row.wishes().breaker();
        boolean broken = told.failure() == Failure.BREAKER_OPEN
                && told.state() == RunState.PAUSED
                && entry.row.wanted() == Desired.RUNNING;
        // after a resume the runtime shows the old failure until it has heard of it: to this leader or to a new one
        boolean known =
                breaker.equals(entry.breaker) || (stored.epoch() == breaker.epoch() && stored.seq() >= breaker.seq());
        if (broken && !known) {
            entry.breaker = breaker;
            notes.add(new Write.Pause(entry.row.id(), breaker, told.error()));
        }
    }

    /** What the assignment's own states do not tell. */
    private static boolean isTold(TaskEntry entry, RunState state) {
        return switch (state) {
            case PAUSED, BACKOFF, FAILED -> true;
            case RUNNING -> entry.row.assignment().state() == AssignmentState.RUNNING;
            case STARTING, DRAINING, RELEASED, LOST -> false;
        };
    }

    private static void weigh(TaskEntry entry, TaskReport told, long now, List<Write> notes) {
        if (told.cpuMillis() <= 0) {
            return;
        }
        double weight = Math.max(1, told.cpuMillis());
        boolean other = Math.abs(weight - entry.weight()) > OTHER_WEIGHT * entry.weight();
        boolean rested = entry.weighed == Long.MIN_VALUE || now - entry.weighed >= WEIGH.toNanos();
        if (other && rested) {
            entry.weighed = now;
            notes.add(new Write.Weigh(entry.row.id(), weight));
        }
    }
}
