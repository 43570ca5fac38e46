package io.eventmesh.tests.fault.cluster;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Two mesh runtimes on one Kafka broker under load for {@code -Dchaos.minutes=N}, while the runtimes, the broker, ZooKeeper
 * and the ways between them fail one after the other: nothing that was acked is lost, and the events of each key stay in
 * order. The short form of these faults is {@link EveryFaultIT}.
 */
@Tag("chaos")
class ClusterFaultsIT {
    @TempDir
    Path directory;

    @Test
    @Timeout(value = 3, unit = TimeUnit.HOURS)
    void nothingAckedIsLostWhateverFails() throws Exception {
        Random random = new Random(Chaos.SEED);
        Tally tally = Tally.none();
        try (ClusterScene scene = ClusterScene.onKafka(directory, random, 2, 1)) {
            Faults faults = new Faults(scene, random);
            Chaos chaos = new Chaos();
            do {
                tally = tally.plus(scene.round(processes(scene, faults, random)));
                for (List<Fault> links : faults.allLinks()) {
                    if (chaos.goesOn()) {
                        tally = tally.plus(scene.round(links));
                    }
                }
            } while (chaos.goesOn());
        }
        tally.tell("cluster", "kafka", 2);
        tally.requireClean();
    }

    private static List<Fault> processes(ClusterScene scene, Faults faults, Random random) {
        List<Fault> processes = new ArrayList<>(faults.processes());
        processes.add(faults.restartBroker(scene.kafka().broker(0)));
        processes.add(faults.killBroker(scene.kafka().broker(0)));
        Collections.shuffle(processes, random);
        return processes;
    }

    @Test
    @Timeout(value = 3, unit = TimeUnit.HOURS)
    void withoutZooKeeperNoPublishFails() throws Exception {
        Random random = new Random(Chaos.SEED);
        try (ClusterScene scene = ClusterScene.onKafka(directory, random, 2, 1)) {
            Faults faults = new Faults(scene, random);
            Duration away = Duration.ofSeconds(Chaos.isShort() ? 6 : 600);

            Tally tally = scene.round(List.of(faults.expiredSession(), faults.zookeeperAway(away)));

            tally.tell("zookeeper", "kafka", 2);
            tally.requireClean();
            tally.requireNoFailure();
        }
    }
}
