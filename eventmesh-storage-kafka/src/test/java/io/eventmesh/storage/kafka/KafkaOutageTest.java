package io.eventmesh.storage.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventmesh.common.time.MeshClock;
import io.eventmesh.common.topic.StreamName;
import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.common.topic.TopicPattern;
import io.eventmesh.spi.storage.DeliveryTerms;
import io.eventmesh.spi.storage.GroupReader;
import io.eventmesh.spi.storage.Parking.Ticket;
import io.eventmesh.spi.storage.Position;
import io.eventmesh.spi.storage.Progress;
import io.eventmesh.spi.storage.Start;
import io.eventmesh.spi.storage.StreamPartition;
import io.eventmesh.spi.storage.StreamSettings;
import io.eventmesh.testkit.storage.RecordFixture;
import io.eventmesh.testkit.storage.RecordingListener;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** A broker goes away under a reader and the parking, and comes back. */
class KafkaOutageTest {
    private static final StreamName ORDERS = new StreamName("default", "orders");
    private static final StreamPartition FIRST = new StreamPartition(ORDERS, 0);
    private static final SubscriptionName GROUP = new SubscriptionName("default", "group", TopicPattern.of("orders"));
    private static final Duration PATIENCE = Duration.ofSeconds(25);
    /** A close promises four seconds; the rest is the machine's. */
    private static final Duration CLOSE_BOUND = Duration.ofSeconds(8);

    private final RecordFixture orders = RecordFixture.of(ORDERS, MeshClock.system());

    @Test
    void aReaderAndTheParkingGoOnWhenTheBrokerIsBack() throws Exception {
        RecordingListener listener = new RecordingListener();
        KafkaBroker broker = KafkaBroker.restless();
        try (KafkaStorage storage =
                Storages.storage(Storages.config(broker.bootstrap(), KafkaBroker.prefix()), MeshClock.system())) {
            storage.start();
            await(storage.createStream(ORDERS, new StreamSettings(1)));
            await(storage.createGroup(GROUP, Set.of(ORDERS), DeliveryTerms.DEFAULT, Start.earliest()));
            GroupReader reader = await(storage.openReader(GROUP, listener));
            Awaitility.await().atMost(PATIENCE).until(() -> !listener.calls().isEmpty());
            reader.request(FIRST, Long.MAX_VALUE);
            append(storage, "1");
            Position second = append(storage, "2");
            Awaitility.await().atMost(PATIENCE).until(() -> listener.ids().size() == 2);
            long epoch = listener.assignment(FIRST).epoch();
            await(reader.commit(FIRST, epoch, Progress.at(second.offset())));

            broker.stop();
            CompletableFuture<Void> committed = reader.commit(FIRST, epoch, Progress.at(second.offset() + 1))
                    .toCompletableFuture();
            Ticket ticket = new Ticket(second, "lane", 1, 0, 0, "");
            CompletionStage<Void> parked = storage.parking().park(GROUP, epoch, ticket, orders.record("2"));
            broker.serve();

            await(committed.handle((stored, fenced) -> null));
            await(parked);
            append(storage, "3");
            Awaitility.await()
                    .atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(listener.ids()).endsWith("3"));
            assertThat(listener.ids()).startsWith("1", "2").doesNotHaveDuplicates();
            assertThat(listener.gaps()).isEmpty();
            assertThat(await(storage.parking().tickets(GROUP))).containsExactly(ticket);

            // without brokers a close ends, whatever waits for them
            broker.stop();
            CompletableFuture<Void> late = reader.commit(FIRST, epoch, Progress.at(second.offset() + 1))
                    .toCompletableFuture();
            CompletableFuture<Position> lost = storage.append(ORDERS, List.of(orders.record("4")), 0)
                    .get(0)
                    .toCompletableFuture();
            CompletableFuture<Void> unparked =
                    storage.parking().remove(GROUP, epoch, second).toCompletableFuture();
            CompletableFuture<Void> unmade = storage.deleteGroup(GROUP).toCompletableFuture();
            assertThat(CompletableFuture.runAsync(storage::close)).succeedsWithin(CLOSE_BOUND);
            assertThat(late).isDone();
            assertThat(lost).isCompletedExceptionally();
            assertThat(unparked).isCompletedExceptionally();
            assertThat(unmade).isCompletedExceptionally();
        }
    }

    private Position append(KafkaStorage storage, String id) throws Exception {
        return await(storage.append(ORDERS, List.of(orders.record(id)), 0).get(0));
    }

    private static <T> T await(CompletionStage<T> stage) throws Exception {
        return stage.toCompletableFuture().get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
    }
}
