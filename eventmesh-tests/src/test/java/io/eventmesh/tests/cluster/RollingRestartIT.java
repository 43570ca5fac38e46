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

/**
 * Mesh runtimes are stopped and started again, one after the other, while applications publish and subscribe: none of
 * them is told of a failure, nothing that was acked is lost, every key keeps its order.
 */
class RollingRestartIT {
    private static final int ROUNDS = Integer.getInteger("eventmesh.rolling.rounds", 2);
    private static final int RATE = Integer.getInteger("eventmesh.rolling.rate", 500);

    @TempDir
    Path directory;

    @Test
    @Timeout(value = 30, unit = TimeUnit.MINUTES)
    void aRuntimeOnItsOwnDiskIsRestartedUnderLoad() throws Exception {
        try (Runtimes runtimes = new Runtimes(directory, 1, "storage.type=rocksdb")) {
            roll(runtimes, 1);
        }
    }

    @Test
    @Timeout(value = 60, unit = TimeUnit.MINUTES)
    void runtimesOnKafkaAreRestartedInTurnUnderLoad() throws Exception {
        try (KafkaCluster kafka = KafkaCluster.start(directory.resolve("kafka"), 1);
                Runtimes runtimes = Runtimes.onKafka(directory, 2, kafka)) {
            roll(runtimes, ROUNDS);
        }
    }

    private static void roll(Runtimes runtimes, int rounds) throws Exception {
        List<EventMesh> clients = new ArrayList<>();
        try (Orders orders = new Orders();
                Questions questions = new Questions()) {
            for (int i = 0; i < 2; i++) {
                clients.add(runtimes.client());
                orders.subscribe(clients.get(clients.size() - 1));
            }
            for (int i = 0; i < 2; i++) {
                clients.add(runtimes.client());
                orders.publish("p" + i, clients.get(clients.size() - 1), RATE);
            }
            questions.answer(clients.get(0));
            questions.ask(clients.get(2));
            orders.awaitMore(2 * RATE);
            for (int round = 0; round < rounds; round++) {
                for (int i = 0; i < runtimes.count(); i++) {
                    runtimes.stop(i);
                    runtimes.start(i);
                    orders.awaitMore(RATE);
                }
            }
            questions.finish();
            orders.finish();

            System.out.printf(
                    "rolling: runtimes=%d rounds=%d acked=%d handled=%d repeats=%d failures=%d inversions=%d"
                            + " answered=%d late-replies=%d slowest-stop-millis=%d%n",
                    runtimes.count(),
                    rounds,
                    orders.acked(),
                    orders.received(),
                    orders.repeats(),
                    orders.failures().size(),
                    orders.inversions().size(),
                    questions.answered(),
                    questions.late(),
                    runtimes.slowestStop().toMillis());
            assertThat(orders.failures()).isEmpty();
            assertThat(questions.failures()).isEmpty();
            assertThat(questions.answered()).isPositive();
            assertThat(orders.inversions()).isEmpty();
            assertThat(orders.subscriptions())
                    .allSatisfy(each -> assertThat(each.ended()).isNotDone());
        } finally {
            clients.forEach(EventMesh::close);
        }
    }
}
