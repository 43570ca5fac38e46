package io.eventmesh.tests.fault.cluster;

import io.eventmesh.tests.fault.net.Skipped;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** One mesh runtime, ZooKeeper and clients on hosts of their own, between which links fail: nothing stored is lost. */
class PartitionOfOneIT {
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
        try (ClusterScene scene = ClusterScene.apart(directory, random, 1, 0)) {
            HostFaults faults = new HostFaults(scene, random);
            Chaos chaos = new Chaos();
            do {
                tally = tally.plus(scene.round(faults(faults, random)));
            } while (chaos.goesOn());
        }
        tally.tell("hosts", "rocksdb", 1);
        tally.requireClean();
    }

    private static List<Fault> faults(HostFaults faults, Random random) {
        if (Chaos.isShort()) {
            return List.of(faults.drop(Site.CLIENTS, Site.mesh(0)), faults.cut(Site.mesh(0), Site.ZOOKEEPER));
        }
        List<Fault> all = new ArrayList<>(faults.between(Site.CLIENTS, Site.mesh(0)));
        all.addAll(faults.between(Site.mesh(0), Site.ZOOKEEPER));
        Collections.shuffle(all, random);
        return all;
    }
}
