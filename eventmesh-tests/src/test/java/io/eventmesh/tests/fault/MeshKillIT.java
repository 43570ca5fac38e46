package io.eventmesh.tests.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.eventmesh.sdk.EventMesh;
import io.eventmesh.testkit.checker.Verdict;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A mesh with durable storage is killed under load, again and again: nothing that was acked is lost, and only what was in
 * flight comes again.
 */
class MeshKillIT {
    private static final int KILLS = Integer.getInteger("eventmesh.chaos.mesh-kills", 4);
    private static final int RATE = Integer.getInteger("eventmesh.chaos.rate", 5_000);
    private static final int READY_SECONDS = Integer.getInteger("eventmesh.chaos.ready-seconds", 30);
    /** Histories of more would not fit into the test's memory. */
    private static final int KILLS_OF_A_ROUND = 10;

    private static final int MEMBERS = 2;
    private static final int SIZE = 100;
    /** What members hold that was not acked. */
    private static final int HELD = MEMBERS * Route.WINDOW;

    private static final int PARTITIONS = 4;
    /** So many acked events of a partition have the mesh store its progress. */
    private static final int COMMIT_EVERY = 128;

    /** What was acked and is in no stored progress: fewer of each partition than that, and as many that are being stored. */
    private static final int UNSTORED = PARTITIONS * 2 * COMMIT_EVERY;

    /** What is in flight when the mesh dies, and comes again. */
    private static final int IN_FLIGHT = HELD + UNSTORED;

    @TempDir
    Path directory;

    private long stored;
    private long repeats;
    private Duration slowest = Duration.ZERO;

    @Test
    @Timeout(value = 60, unit = TimeUnit.MINUTES)
    void aKilledMeshLosesNothingThatWasAcked() throws Exception {
        for (int done = 0, round = 0; done < KILLS; done += KILLS_OF_A_ROUND, round++) {
            round(round, Math.min(KILLS_OF_A_ROUND, KILLS - done));
        }

        System.out.printf(
                "mesh-kills=%d rate=%d stored=%d repeats=%d (at most %d a kill) slowest-ready-millis=%d%n",
                KILLS, RATE, stored, repeats, IN_FLIGHT, slowest.toMillis());
        assertThat(stored).isGreaterThan((long) RATE * KILLS / 2);
        assertThat(slowest).isLessThan(Duration.ofSeconds(READY_SECONDS));
    }

    private void round(int number, int kills) throws Exception {
        Path own = directory.resolve("round-" + number);
        try (Scene scene = new Scene(own.resolve("mesh"), "storage.type=rocksdb");
                EventMesh client = scene.client();
                Subscribers subscribers = new Subscribers(scene.address(), own);
                Flood flood = new Flood("p" + number, client, RATE, SIZE)) {
            for (int i = 0; i < MEMBERS; i++) {
                subscribers.add();
            }
            subscribers.awaitReady();
            flood.start();
            for (int kill = 0; kill < kills; kill++) {
                awaitStored(flood, flood.stored() + RATE);
                scene.disturbed("mesh killed", IN_FLIGHT);
                Duration ready = scene.killMesh();
                slowest = ready.compareTo(slowest) > 0 ? ready : slowest;
            }
            awaitStored(flood, flood.stored() + RATE);
            flood.stop();
            scene.awaitRest(flood, subscribers);

            Verdict verdict = scene.judge(flood, subscribers);

            System.out.printf(
                    "round=%d kills=%d %s failed-publishes=%d%s%n",
                    number,
                    kills,
                    verdict.summary(),
                    flood.failed(),
                    flood.failure() == null ? "" : " the first: " + flood.failure());
            stored += verdict.stored();
            repeats += verdict.repeats();
        }
    }

    private static void awaitStored(Flood flood, int count) {
        await("events are stored").atMost(Duration.ofSeconds(60)).until(() -> flood.stored() >= count);
    }
}
