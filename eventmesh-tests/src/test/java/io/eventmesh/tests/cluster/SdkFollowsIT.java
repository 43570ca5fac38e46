package io.eventmesh.tests.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventmesh.sdk.EventMesh;
import io.eventmesh.tests.kafka.KafkaCluster;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The runtime that applications are connected to is killed: they go on at the other one, and nothing acked is lost. */
class SdkFollowsIT {
    private static final int KILLS = Integer.getInteger("eventmesh.follow.kills", 1);
    private static final int RATE = Integer.getInteger("eventmesh.follow.rate", 300);

    @TempDir
    Path directory;

    @Test
    @Timeout(value = 60, unit = TimeUnit.MINUTES)
    void applicationsGoOnAtTheOtherRuntime() throws Exception {
        List<EventMesh> clients = new ArrayList<>();
        try (KafkaCluster kafka = KafkaCluster.start(directory.resolve("kafka"), 1);
                Runtimes runtimes = Runtimes.onKafka(directory, 2, kafka);
                Orders orders = new Orders()) {
            for (int i = 0; i < 2; i++) {
                clients.add(runtimes.clientAt(0));
                orders.subscribe(clients.get(i));
                orders.publish("p" + i, clients.get(i), RATE);
            }
            orders.awaitMore(2 * RATE);
            for (int kill = 0; kill < KILLS; kill++) {
                int victim = kill % 2;
                runtimes.process(victim).kill();
                orders.awaitMore(2 * RATE);
                runtimes.start(victim);
            }
            orders.finish();

            System.out.printf(
                    "follows: kills=%d acked=%d handled=%d repeats=%d failures=%d inversions=%d%n",
                    KILLS,
                    orders.acked(),
                    orders.received(),
                    orders.repeats(),
                    orders.failures().size(),
                    orders.inversions().size());
            assertThat(orders.failures()).isEmpty();
            assertThat(orders.inversions()).isEmpty();
            assertThat(orders.subscriptions())
                    .allSatisfy(each -> assertThat(each.ended()).isNotDone());
        } finally {
            clients.forEach(EventMesh::close);
        }
    }
}
