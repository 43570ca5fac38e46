package io.eventmesh.tests.fault.cluster;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * One mesh runtime that keeps its events on its disk: what happens on the way to its clients and to ZooKeeper, or to
 * ZooKeeper itself, loses nothing, and without ZooKeeper no publish fails.
 */
class OutageOfOneIT {
    private static final int FAULTS_OF_SHORT_FORM = 3;

    @TempDir
    Path directory;

    @Test
    @Timeout(value = 3, unit = TimeUnit.HOURS)
    void withoutZooKeeperNoPublishFails() throws Exception {
        Random random = new Random(Chaos.SEED);
        try (ClusterScene scene = ClusterScene.single(directory, random)) {
            Faults faults = new Faults(scene, random);
            Duration away = Duration.ofSeconds(Chaos.isShort() ? 6 : 600);

            Tally tally = scene.round(List.of(faults.expiredSession(), faults.zookeeperAway(away)));

            tell("zookeeper", tally);
            tally.requireNoFailure();
        }
    }

    @Test
    @Timeout(value = 3, unit = TimeUnit.HOURS)
    void whatHappensOnTheWayToClientsLosesNothing() throws Exception {
        Random random = new Random(Chaos.SEED);
        Tally tally = Tally.none();
        try (ClusterScene scene = ClusterScene.single(directory, random)) {
            Faults faults = new Faults(scene, random);
            Chaos chaos = new Chaos();
            do {
                List<Fault> all = new ArrayList<>(faults.link("client-mesh", scene.toMeshes()));
                Collections.shuffle(all, random);
                tally = tally.plus(scene.round(Chaos.isShort() ? all.subList(0, FAULTS_OF_SHORT_FORM) : all));
            } while (chaos.goesOn());
        }
        tell("client-mesh", tally);
    }

    private static void tell(String what, Tally tally) {
        tally.tell(what, "rocksdb", 1);
        tally.requireClean();
    }
}
