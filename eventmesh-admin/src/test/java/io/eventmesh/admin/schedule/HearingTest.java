package io.eventmesh.admin.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventmesh.admin.database.Desired;
import io.eventmesh.admin.database.TaskRow;
import io.eventmesh.admin.database.TaskRow.Breaker;
import io.eventmesh.admin.schedule.Report.Failure;
import io.eventmesh.admin.schedule.Report.RunState;
import io.eventmesh.admin.schedule.Report.TaskReport;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class HearingTest {
    private final Cluster cluster = new Cluster();

    @BeforeEach
    void aTaskRuns() {
        cluster.runtime("r1");
        cluster.task("t1", "c1");
        cluster.load();
        cluster.seconds(4);
    }

    private void says(RunState state, Failure failure, String error, String stack, long seq, double cpu) {
        cluster.says.put(
                "t1",
                told -> new TaskReport(
                        told.term(), told.epoch(), 1, state, 0, 0, 0, 0, error, 0, cpu, failure, stack, seq));
    }

    @Test
    void failuresAndStatesBecomeHistoryOnce() {
        says(RunState.BACKOFF, Failure.TRANSIENT, "refused", "at a.B", 1, 0);
        cluster.seconds(3);
        says(RunState.RUNNING, Failure.TRANSIENT, "refused", "", 1, 0);
        cluster.seconds(3);
        says(RunState.BACKOFF, Failure.TRANSIENT, "refused again", "at a.C", 2, 0);
        cluster.seconds(3);

        assertThat(cluster.written(Write.History.class))
                .containsExactly(
                        new Write.History("t1", 1, "TRANSIENT", "refused", "at a.B"),
                        new Write.History("t1", 1, "BACKOFF", "refused", ""),
                        new Write.History("t1", 1, "RUNNING", "runs", ""),
                        new Write.History("t1", 1, "TRANSIENT", "refused again", "at a.C"),
                        new Write.History("t1", 1, "BACKOFF", "refused again", ""));
    }

    @Test
    void aBreakerThatOpensPausesTheTaskForGoodAndAResumeIsNotUndoneByTheSameFailure() {
        says(RunState.PAUSED, Failure.BREAKER_OPEN, "600 of 1000 are dead letters", "", 4, 0);
        cluster.seconds(3);
        boolean paused = cluster.row("t1").wanted() == Desired.PAUSED;
        String failure = cluster.row("t1").wishes().failure();

        cluster.change("t1", row -> row.with(TaskRow.Wishes.NONE));
        cluster.seconds(3);
        boolean resumed = cluster.row("t1").wanted() == Desired.RUNNING;
        says(RunState.PAUSED, Failure.BREAKER_OPEN, "700 of 1000 are dead letters", "", 5, 0);
        cluster.seconds(1);

        assertThat(paused).isTrue();
        assertThat(failure).isEqualTo("600 of 1000 are dead letters");
        assertThat(resumed).isTrue();
        assertThat(cluster.written(Write.Pause.class))
                .containsExactly(
                        new Write.Pause("t1", new Breaker(1, 4), "600 of 1000 are dead letters"),
                        new Write.Pause("t1", new Breaker(1, 5), "700 of 1000 are dead letters"));
    }

    @Test
    void aNewLeaderDoesNotUndoAResumeButHearsOfALaterFailure() {
        says(RunState.PAUSED, Failure.BREAKER_OPEN, "600 of 1000 are dead letters", "", 4, 0);
        cluster.seconds(3);
        cluster.change(
                "t1",
                row -> row.with(new TaskRow.Wishes(
                        null,
                        "",
                        0,
                        0,
                        "",
                        0,
                        row.wishes().breaker(),
                        row.wishes().revision() + 1)));
        cluster.otherLeader();

        cluster.seconds(3);
        Desired resumed = cluster.row("t1").wanted();
        says(RunState.PAUSED, Failure.BREAKER_OPEN, "700 of 1000 are dead letters", "", 5, 0);
        cluster.otherLeader();
        cluster.seconds(3);

        assertThat(resumed).isEqualTo(Desired.RUNNING);
        assertThat(cluster.row("t1").wanted()).isEqualTo(Desired.PAUSED);
        assertThat(cluster.written(Write.Pause.class)).hasSize(2);
    }

    @Test
    void aPauseThatCouldNotBeStoredIsTriedAgain() {
        says(RunState.PAUSED, Failure.BREAKER_OPEN, "too many", "", 1, 0);
        Write.Pause pause = new Write.Pause("t1", new Breaker(1, 1), "too many");
        cluster.seconds(1);

        cluster.change("t1", row -> row.with(TaskRow.Wishes.NONE));
        cluster.board.refused(pause);
        cluster.seconds(1);

        assertThat(cluster.written(Write.Pause.class)).containsExactly(pause, pause);
    }

    @Test
    void weightsAreStoredWhenTheyChangeMuchAndAtMostOnceAMinute() {
        says(RunState.RUNNING, Failure.NONE, "", "", 0, 40);
        cluster.seconds(5);
        says(RunState.RUNNING, Failure.NONE, "", "", 0, 45);
        cluster.seconds(100);
        says(RunState.RUNNING, Failure.NONE, "", "", 0, 90);
        cluster.seconds(5);
        says(RunState.RUNNING, Failure.NONE, "", "", 0, 300);
        cluster.seconds(30);
        says(RunState.RUNNING, Failure.NONE, "", "", 0, 0.01);
        cluster.seconds(60);

        assertThat(cluster.written(Write.Weigh.class))
                .containsExactly(new Write.Weigh("t1", 40), new Write.Weigh("t1", 90), new Write.Weigh("t1", 1));
        assertThat(cluster.board.sight().runtime("r1", cluster.now).load()).isEqualTo(1);
    }
}
