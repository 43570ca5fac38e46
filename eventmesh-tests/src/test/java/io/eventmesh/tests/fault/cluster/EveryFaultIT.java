package io.eventmesh.tests.fault.cluster;

import io.eventmesh.tests.fault.net.Skipped;
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
 * Two mesh runtimes on Kafka under load, and everything that fails in the long runs of {@link ClusterFaultsIT},
 * {@link RollingBrokersIT} and {@link ClusterPartitionIT} once, of what happens to links one cut, one reset and one delay.
 */
class EveryFaultIT {
    @TempDir
    Path directory;

    /** Three brokers, of which so many as were asked for end and come back, one after the other. */
    @Test
    @Timeout(value = 15, unit = TimeUnit.MINUTES)
    void processesFailAndSoDoTheWaysBetweenThem() throws Exception {
        Random random = new Random(Chaos.SEED);
        try (ClusterScene scene = ClusterScene.onKafka(directory, random, 2, 3)) {
            Faults faults = new Faults(scene, random);

            Tally away = scene.round(List.of(faults.expiredSession(), faults.zookeeperAway(Duration.ofSeconds(6))));
            List<Fault> others = new ArrayList<>(faults.processes());
            others.addAll(faults.someLinks());
            Collections.shuffle(others, random);
            Tally rest =
                    scene.round(others).plus(scene.round(faults.rollingBrokers().subList(0, Chaos.BROKERS)));

            away.tell("zookeeper-short", "kafka", 2);
            rest.tell("cluster-short", "kafka", 2);
            away.requireClean();
            away.requireNoFailure();
            rest.requireClean();
        }
    }

    /** The only broker ends and comes back, and hosts do not hear one another. */
    @Test
    @Timeout(value = 15, unit = TimeUnit.MINUTES)
    void hostsAreCutOffAndTheOnlyBrokerIsAway() throws Exception {
        if (Skipped.isSkipped("namespaces")) {
            return;
        }
        Random random = new Random(Chaos.SEED);
        try (ClusterScene scene = ClusterScene.apart(directory, random, 2, 1)) {
            Faults faults = new Faults(scene, random);
            HostFaults hosts = new HostFaults(scene, random);
            String mesh = Site.mesh(random.nextInt(2));

            Tally tally = scene.round(List.of(
                    hosts.cut(mesh, Site.BROKERS),
                    hosts.cut(Site.mesh(0), Site.mesh(1)),
                    hosts.cut(Site.CLIENTS, mesh),
                    faults.restartBroker(scene.kafka().broker(0))));

            tally.tell("hosts-short", "kafka", 2);
            tally.requireClean();
        }
    }
}
