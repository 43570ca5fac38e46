package io.eventmesh.tests.fault.cluster;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Two mesh runtimes on three Kafka brokers that are restarted one after the other, each when the one before is in sync
 * again, and killed: nothing that was acked is lost.
 */
@Tag("chaos")
class RollingBrokersIT {
    @TempDir
    Path directory;

    @Test
    @Timeout(value = 3, unit = TimeUnit.HOURS)
    void brokersThatRollLoseNothing() throws Exception {
        Random random = new Random(Chaos.SEED);
        Tally tally = Tally.none();
        try (ClusterScene scene = ClusterScene.onKafka(directory, random, 2, 3)) {
            Faults faults = new Faults(scene, random);
            Chaos chaos = new Chaos();
            do {
                List<Fault> rolling = new ArrayList<>(faults.rollingBrokers());
                if (!Chaos.isShort()) {
                    rolling.add(faults.killBroker(scene.kafka().broker(random.nextInt(3))));
                }
                tally = tally.plus(scene.round(rolling));
            } while (chaos.goesOn());
        }
        tally.tell("brokers", "kafka", 2);
        tally.requireClean();
    }
}
