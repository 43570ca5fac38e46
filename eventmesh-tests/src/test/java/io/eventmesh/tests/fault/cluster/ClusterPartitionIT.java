package io.eventmesh.tests.fault.cluster;

import io.eventmesh.tests.fault.net.Skipped;
import java.nio.file.Path;
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
 * Two mesh runtimes, a Kafka broker, ZooKeeper and clients on hosts of their own, between which links fail: one runtime
 * sees less than the other, and still nothing that was acked is lost.
 */
@Tag("chaos")
class ClusterPartitionIT {
    @TempDir
    Path directory;

    @Test
    @Timeout(value = 3, unit = TimeUnit.HOURS)
    void whatHappensBetweenHostsLosesNothing() throws Exception {
        if (Skipped.isSkipped("namespaces")) {
            return;
        }
        Random random = new Random(Chaos.SEED);
        Tally tally = Tally.none();
        try (ClusterScene scene = ClusterScene.apart(directory, random, 2, 1)) {
            HostFaults faults = new HostFaults(scene, random);
            Chaos chaos = new Chaos();
            do {
                for (List<Fault> round : rounds(faults, random)) {
                    tally = tally.plus(scene.round(round));
                }
            } while (chaos.goesOn());
        }
        tally.tell("hosts", "kafka", 2);
        tally.requireClean();
    }

    private static List<List<Fault>> rounds(HostFaults faults, Random random) {
        String mesh = Site.mesh(random.nextInt(2));
        if (Chaos.isShort()) {
            return List.of(List.of(
                    faults.cut(mesh, Site.BROKERS),
                    faults.cut(Site.mesh(0), Site.mesh(1)),
                    faults.cut(Site.CLIENTS, mesh)));
        }
        List<List<Fault>> all = new ArrayList<>(List.of(
                faults.between(mesh, Site.BROKERS),
                faults.between(Site.mesh(0), Site.mesh(1)),
                faults.between(Site.CLIENTS, mesh),
                faults.between(mesh, Site.ZOOKEEPER)));
        all.forEach(round -> Collections.shuffle(round, random));
        return all;
    }
}
