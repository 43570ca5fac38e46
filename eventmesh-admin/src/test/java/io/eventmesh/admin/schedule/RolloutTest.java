package io.eventmesh.admin.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventmesh.admin.database.Desired;
import io.eventmesh.admin.database.RevisionRow.Status;
import io.eventmesh.admin.database.TaskRow;
import io.eventmesh.admin.schedule.Report.Failure;
import io.eventmesh.admin.schedule.Report.RunState;
import io.eventmesh.admin.schedule.Report.TaskReport;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RolloutTest {
    private final Cluster cluster = new Cluster();

    @BeforeEach
    void threeTasksRunTheFirstRevision() {
        cluster.runtime("r1");
        for (int i = 0; i < 3; i++) {
            cluster.task("t" + i, "c", i, TaskRow.Needs.NONE, new TaskRow.Revisions(1, 1, Status.GOOD, ""));
        }
        cluster.load();
        cluster.beat();
    }

    private void newRevision() {
        List.copyOf(cluster.rows.keySet())
                .forEach(task -> cluster.rows.computeIfPresent(
                        task, (id, row) -> row.with(row.configRev(), new TaskRow.Revisions(2, 1, Status.ROLLING, ""))));
        cluster.load();
    }

    private List<Long> revs() {
        return cluster.rows.values().stream().map(TaskRow::configRev).toList();
    }

    private static TaskReport failing(TaskReport told) {
        return told.configRev() == 1
                ? told
                : new TaskReport(
                        told.term(),
                        told.epoch(),
                        told.configRev(),
                        RunState.BACKOFF,
                        0,
                        0,
                        0,
                        1,
                        "no such host",
                        0,
                        0,
                        Failure.TRANSIENT,
                        "",
                        1);
    }

    @Test
    void theNextTaskTakesTheRevisionWhenTheOneBeforeRunsIt() {
        newRevision();

        cluster.seconds(1);
        List<Long> first = revs();
        cluster.seconds(3);
        List<Long> second = revs();
        cluster.seconds(3);

        assertThat(first).containsExactly(2L, 1L, 1L);
        assertThat(second).containsExactly(2L, 2L, 1L);
        assertThat(revs()).containsExactly(2L, 2L, 2L);
        assertThat(cluster.written).containsOnlyOnce(new Write.Good("c", 2));
        assertThat(cluster.written(Write.GiveBack.class)).isEmpty();
        assertThat(cluster.row("t0").assignment().epoch()).isEqualTo(1);
    }

    @Test
    void whenNoTaskRunsInAMinuteAllGetTheRevisionBeforeAgain() {
        cluster.says.put("t0", RolloutTest::failing);
        newRevision();

        cluster.seconds(60);
        List<Write> tooSoon = cluster.written(Write.GiveBack.class);
        List<Long> meanwhile = revs();
        cluster.seconds(4);

        assertThat(tooSoon).isEmpty();
        assertThat(meanwhile).containsExactly(2L, 1L, 1L);
        assertThat(cluster.written(Write.GiveBack.class)).containsExactly(new Write.GiveBack("c", 2, "no such host"));
    }

    @Test
    void aRevisionThatWasReturnedFromIsNotTriedAgain() {
        List.copyOf(cluster.rows.keySet())
                .forEach(task -> cluster.rows.computeIfPresent(
                        task, (id, row) -> row.with(1, new TaskRow.Revisions(2, 1, Status.RETURNED, "no such host"))));
        cluster.load();

        cluster.seconds(5);

        assertThat(revs()).containsExactly(1L, 1L, 1L);
        assertThat(cluster.written(Write.Roll.class)).isEmpty();
    }

    @Test
    void aLaterTaskThatDoesNotRunDelaysTheOthersForAMinuteOnly() {
        cluster.says.put("t1", RolloutTest::failing);
        newRevision();

        cluster.seconds(30);
        List<Long> waiting = revs();
        cluster.seconds(40);

        assertThat(waiting).containsExactly(2L, 2L, 1L);
        assertThat(revs()).containsExactly(2L, 2L, 2L);
        assertThat(cluster.written(Write.GiveBack.class)).isEmpty();
    }

    @Test
    void withoutARuntimeARevisionHasAllTheTimeItNeeds() {
        newRevision();
        cluster.says.put("t0", RolloutTest::failing);
        cluster.seconds(1);

        cluster.lose("r1");
        cluster.seconds(200);
        cluster.says.clear();
        cluster.runtime("r2");
        cluster.seconds(5);

        assertThat(cluster.written(Write.GiveBack.class)).isEmpty();
        assertThat(revs()).containsExactly(2L, 2L, 2L);
    }

    @Test
    void theFirstRevisionOfAllHasNoneToReturnTo() {
        cluster.task("n0", "new", 0, TaskRow.Needs.NONE, new TaskRow.Revisions(1, 0, Status.ROLLING, ""));
        cluster.says.put(
                "n0",
                told -> new TaskReport(
                        told.term(),
                        told.epoch(),
                        1,
                        RunState.FAILED,
                        0,
                        0,
                        0,
                        3,
                        "no key",
                        0,
                        0,
                        Failure.CONFIG,
                        "",
                        3));
        cluster.load();

        cluster.seconds(100);
        List<Write> failed = cluster.written(Write.GiveBack.class);
        cluster.says.clear();
        cluster.seconds(1);

        assertThat(failed).isEmpty();
        assertThat(cluster.written).contains(new Write.Good("new", 1));
    }

    @Test
    void aPausedConnectorsPluginIsOpenWhichIsEnough() {
        List.copyOf(cluster.rows.keySet())
                .forEach(task -> cluster.rows.computeIfPresent(
                        task,
                        (id, row) -> row.with(
                                new TaskRow.Wishes(Desired.PAUSED, "", 0, 0, "", 0, TaskRow.Breaker.NONE, 2))));
        newRevision();

        cluster.seconds(6);

        assertThat(revs()).containsExactly(2L, 2L, 2L);
        assertThat(cluster.written).contains(new Write.Good("c", 2));
    }
}
