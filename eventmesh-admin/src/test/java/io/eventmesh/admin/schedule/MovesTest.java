package io.eventmesh.admin.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class MovesTest {
    private final Cluster cluster = new Cluster();

    private void tasks(int count) {
        for (int i = 0; i < count; i++) {
            cluster.task("t" + i, "c" + i);
        }
        cluster.load();
        cluster.beat();
    }

    private int moves() {
        return cluster.written(Write.Move.class).size();
    }

    @Test
    void aNewRuntimeGetsItsShareAfterItHasBeenThereForAWhileAndATenthARound() {
        cluster.runtime("r1");
        cluster.runtime("r2");
        tasks(100);
        cluster.seconds(40);
        int before = moves();

        cluster.runtime("r3");
        cluster.seconds(9);
        int tooSoon = moves();
        cluster.seconds(29);
        int first = moves();
        cluster.seconds(30);
        int second = moves();
        cluster.seconds(300);

        assertThat(before).isZero();
        assertThat(tooSoon).isZero();
        assertThat(first).isEqualTo(10);
        assertThat(second).isEqualTo(20);
        assertThat(cluster.shares().get("r3")).isBetween(25, 42);
        assertThat(cluster.shares().values())
                .allSatisfy(share -> assertThat(share).isBetween(25, 42));
    }

    @Test
    void aSmallImbalanceMovesNothing() {
        cluster.runtime("r1");
        cluster.runtime("r2");
        tasks(40);

        cluster.seconds(200);

        assertThat(moves()).isZero();
    }

    @Test
    void aTaskThatWasMovedRestsForFiveMinutes() {
        cluster.runtime("r1");
        tasks(20);
        cluster.runtime("r2");
        cluster.seconds(600);
        Map<String, Integer> movedWithin = new HashMap<>();
        cluster.written(Write.Move.class)
                .forEach(write -> movedWithin.merge(((Write.Move) write).task(), 1, Integer::sum));

        assertThat(moves()).isPositive();
        assertThat(movedWithin.values()).containsOnly(1);
    }

    @Test
    void whatAnotherRuntimeCannotRunStaysWhereItIs() {
        cluster.runtime("r1");
        tasks(20);
        cluster.runtime("r2").version = "other";
        cluster.rows.keySet().forEach(task -> assertThat(cluster.owner(task)).isEqualTo("r1"));
        cluster.runtime("r3").slots = 3;
        cluster.runtime("r2").slots = 0;

        cluster.seconds(300);

        assertThat(cluster.shares()).containsEntry("r2", 0).containsEntry("r3", 3);
    }

    @Test
    void oneHeavyTaskIsNotSentToAndFro() {
        cluster.runtime("r1");
        cluster.runtime("r2");
        cluster.task(
                "heavy",
                "h",
                0,
                new io.eventmesh.admin.database.TaskRow.Needs("", "{}", 1_000),
                new io.eventmesh.admin.database.TaskRow.Revisions(
                        1, 1, io.eventmesh.admin.database.RevisionRow.Status.GOOD, ""));
        tasks(3);
        long before = cluster.row("heavy").assignment().epoch();

        cluster.seconds(700);

        assertThat(cluster.row("heavy").assignment().epoch()).isEqualTo(before);
    }
}
