package io.eventmesh.admin.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.eventmesh.admin.database.RevisionRow;
import io.eventmesh.admin.database.TaskRow;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PlacementTest {
    private static final TaskRow.Revisions GOOD = new TaskRow.Revisions(1, 1, RevisionRow.Status.GOOD, "");

    private final Cluster cluster = new Cluster();

    private void needs(String task, String version, String placement, double weight) {
        cluster.task(task, "c-" + task, 0, new TaskRow.Needs(version, placement, weight), GOOD);
    }

    @Test
    void aThousandTasksOfTheirOwnConnectorsAreWithinAQuarterOfEven() {
        for (int i = 1; i <= 5; i++) {
            cluster.runtime("r" + i);
        }
        for (int i = 0; i < 1_000; i++) {
            cluster.task("t" + i, "c" + i);
        }
        cluster.load();

        cluster.beat();

        assertThat(cluster.shares().values())
                .allSatisfy(share -> assertThat(share).isBetween(150, 250));
    }

    @Test
    void weightsOfEverySizeKeepEachRuntimeWithinTheBoundOrOneTaskAboveIt() {
        for (int seed = 0; seed < 20; seed++) {
            Random random = new Random(seed);
            Cluster one = new Cluster();
            int runtimes = 2 + random.nextInt(6);
            for (int i = 0; i < runtimes; i++) {
                one.runtime("r" + i);
            }
            double total = 0;
            double heaviest = 0;
            for (int i = 0; i < 200; i++) {
                double weight = 1 + random.nextInt(50);
                total += weight;
                heaviest = Math.max(heaviest, weight);
                one.task("t" + i, "c" + i, 0, new TaskRow.Needs("", "{}", weight), GOOD);
            }
            one.load();
            one.beat();

            double bound = total / runtimes * Placement.BOUND + heaviest;
            for (String runtime : one.alive.keySet()) {
                assertThat(one.board.sight().runtime(runtime, one.now).load())
                        .as("seed %d", seed)
                        .isLessThanOrEqualTo(bound);
            }
        }
    }

    @Test
    void theLossOfARuntimeMovesItsTasksOnlyAndTheyGoToEveryOther() {
        for (int i = 1; i <= 5; i++) {
            cluster.runtime("r" + i);
        }
        for (int i = 0; i < 500; i++) {
            cluster.task("t" + i, "c" + i % 100);
        }
        cluster.load();
        cluster.beat();
        Map<String, String> before = cluster.owners();

        cluster.lose("r3");
        cluster.seconds(21);

        cluster.owners().forEach((task, owner) -> {
            if ("r3".equals(before.get(task))) {
                assertThat(owner).isNotEqualTo("r3");
            } else {
                assertThat(owner).isEqualTo(before.get(task));
            }
        });
        assertThat(cluster.shares().values())
                .allSatisfy(share -> assertThat(share).isBetween(93, 157));
    }

    @Test
    void tasksOfOneConnectorKeepAwayFromEachOther() {
        for (int i = 1; i <= 4; i++) {
            cluster.runtime("r" + i);
        }
        for (int i = 0; i < 8; i++) {
            cluster.task("t" + i, "one");
        }
        cluster.load();

        cluster.beat();

        assertThat(cluster.shares().values()).containsOnly(2);
    }

    @Test
    void onlyARuntimeWithTheVersionAndTheLabelsIsGivenTheTaskAndElseTheReasonSaysWhatIsMissing() {
        cluster.runtime("r1", Map.of("zone", "a"));
        needs("plain", "", "{}", 1);
        needs("other", "2", "{}", 1);
        needs("zoned", "1", "{\"labels\":{\"zone\":\"b\"}}", 1);
        cluster.load();
        cluster.beat();
        String version = cluster.reason("other");
        String labels = cluster.reason("zoned");

        cluster.runtime("r2", Map.of("zone", "b")).version = "2";
        cluster.runtime("r3", Map.of("zone", "b", "disk", "ssd"));
        cluster.beat();

        assertThat(version).isEqualTo("no runtime has the source plugin 'file' version 2 (1 connector runtimes alive)");
        assertThat(labels).contains("has the labels {zone=b}");
        assertThat(cluster.owner("plain")).isEqualTo("r1");
        assertThat(cluster.owner("other")).isEqualTo("r2");
        assertThat(cluster.owner("zoned")).isEqualTo("r3");
    }

    @Test
    void aCordonedRuntimeKeepsItsTasksAndGetsNoMore() {
        cluster.runtime("r1");
        cluster.task("t1", "c1");
        cluster.load();
        cluster.beat();

        cluster.mark("r1", true, false);
        cluster.task("t2", "c2");
        cluster.load();
        cluster.beat();
        String reason = cluster.reason("t2");
        cluster.mark("r1", false, false);
        cluster.beat();

        assertThat(reason).contains("cordoned");
        assertThat(cluster.owner("t1")).isEqualTo("r1");
        assertThat(cluster.row("t1").assignment().epoch()).isEqualTo(1);
        assertThat(cluster.owner("t2")).isEqualTo("r1");
    }

    @Test
    void aRuntimeThatAnOperatorDrainsGivesItsTasksToOthersAndMayTakeTasksAgainLater() {
        cluster.runtime("r1");
        cluster.task("t1", "c1");
        cluster.task("t2", "c2");
        cluster.load();
        cluster.beat();
        cluster.runtime("r2");

        cluster.mark("r1", false, true);
        cluster.seconds(2);
        String drained = cluster.board.sight().runtime("r1", cluster.now).state();
        int left = cluster.board.sight().runtime("r1", cluster.now).tasks();
        cluster.mark("r1", false, false);
        cluster.lose("r2");
        cluster.seconds(21);

        assertThat(drained).isEqualTo("DRAINING");
        assertThat(left).isZero();
        assertThat(cluster.owners().values()).containsOnly("r1");
        assertThat(cluster.row("t1").assignment().epoch()).isEqualTo(3);
    }

    @Test
    void aRuntimeInTroubleKeepsItsTasksAndGetsNoMoreUntilItIsOutOfIt() {
        Cluster.Host runtime = cluster.runtime("r1");
        cluster.task("t1", "c1");
        cluster.load();
        cluster.beat();

        runtime.trouble = "a plugin ran out of memory";
        cluster.task("t2", "c2");
        cluster.load();
        cluster.seconds(1);
        RuntimeView view = cluster.board.sight().runtime("r1", cluster.now);
        String before = cluster.owner("t2");
        runtime.trouble = "";
        cluster.seconds(1);

        assertThat(view.state()).isEqualTo("SUSPECT");
        assertThat(view.trouble()).isEqualTo("a plugin ran out of memory");
        assertThat(before).isEqualTo("null");
        assertThat(cluster.owner("t1")).isEqualTo("r1");
        assertThat(cluster.owner("t2")).isEqualTo("r1");
    }

    @Test
    void tasksOfARuntimeThatStopsToComeBackWaitForIt() {
        Cluster.Host first = cluster.runtime("r1");
        cluster.task("t1", "c1");
        cluster.task("t2", "c2");
        cluster.load();
        cluster.beat();
        cluster.runtime("r2");
        first.draining = true;
        first.restartExpected = 30_000;
        cluster.seconds(2);
        String waiting = cluster.reason("t1");
        cluster.lose("r1");
        cluster.seconds(10);
        String stillWaiting = cluster.owner("t1");

        cluster.runtime("r1").incarnation = "r1-2";
        cluster.seconds(1);

        assertThat(waiting).isEqualTo("waits for runtime 'r1' to restart");
        assertThat(stillWaiting).isEqualTo("null");
        assertThat(cluster.owners().values()).containsOnly("r1");
    }

    @Test
    void whoDoesNotComeBackInTimeLosesItsTasksToOthers() {
        Cluster.Host first = cluster.runtime("r1");
        cluster.task("t1", "c1");
        cluster.load();
        cluster.beat();
        cluster.runtime("r2");
        first.draining = true;
        first.restartExpected = 5_000;
        cluster.seconds(2);
        cluster.lose("r1");

        cluster.seconds(6);

        assertThat(cluster.owner("t1")).isEqualTo("r2");
    }

    @Test
    void aTaskGoesWhereAnOperatorWantsItAndStaysThere() {
        cluster.runtime("r1");
        cluster.task("t1", "c1");
        cluster.load();
        cluster.beat();
        cluster.runtime("r2");
        cluster.runtime("r3");
        long epoch = cluster.board.sight().movableEpoch("t1", "r3", cluster.now).orElseThrow();

        cluster.change("t1", row -> row.with(new TaskRow.Wishes(null, "", 0, epoch, "r3", 0, TaskRow.Breaker.NONE, 2)));
        cluster.seconds(2);

        assertThat(cluster.owner("t1")).isEqualTo("r3");
        assertThat(cluster.row("t1").assignment().epoch()).isEqualTo(2);
        cluster.seconds(5);
        assertThat(cluster.row("t1").assignment().epoch()).isEqualTo(2);
    }

    @Test
    void aTaskThatIsToGoAnywhereElseGoesElsewhere() {
        cluster.runtime("r1");
        cluster.task("t1", "c1");
        cluster.load();
        cluster.beat();
        refuses(ErrorCode.PRECONDITION_FAILED, "t1", "");
        cluster.runtime("r2");

        cluster.change("t1", row -> row.with(new TaskRow.Wishes(null, "", 0, 1, "", 0, TaskRow.Breaker.NONE, 2)));
        cluster.seconds(2);

        assertThat(cluster.owner("t1")).isEqualTo("r2");
    }

    @Test
    void aMoveThatCannotBeIsRefusedWithTheReason() {
        cluster.runtime("r1");
        cluster.runtime("full").slots = 0;
        cluster.runtime("old").version = "0";
        needs("t1", "1", "{}", 1);
        cluster.load();
        cluster.beat();
        cluster.runtime("cordoned");
        cluster.seconds(1);
        cluster.mark("cordoned", true, false);
        String owner = cluster.owner("t1");

        assertThat(refuses(ErrorCode.PRECONDITION_FAILED, "t1", "full")).contains("no free slot of 0");
        assertThat(refuses(ErrorCode.PRECONDITION_FAILED, "t1", "old")).contains("has not the source plugin 'file'");
        assertThat(refuses(ErrorCode.PRECONDITION_FAILED, "t1", "cordoned")).contains("cordoned");
        assertThat(cluster.board.sight().movableEpoch("t1", owner, cluster.now)).isEmpty();
        refuses(ErrorCode.NOT_FOUND, "t1", "nobody");
        refuses(ErrorCode.NOT_FOUND, "t9", owner);
    }

    private String refuses(ErrorCode code, String task, String runtime) {
        String[] reason = {""};
        assertThatThrownBy(() -> cluster.board.sight().movableEpoch(task, runtime, cluster.now))
                .isInstanceOfSatisfying(EventMeshException.class, refused -> {
                    assertThat(refused.code()).isEqualTo(code);
                    reason[0] = refused.reason();
                });
        return reason[0];
    }
}
