package io.eventmesh.storage.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.StreamName;
import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.common.topic.TopicPattern;
import io.eventmesh.spi.storage.DeliveryTerms;
import io.eventmesh.spi.storage.GroupReader;
import io.eventmesh.spi.storage.Position;
import io.eventmesh.spi.storage.Start;
import io.eventmesh.spi.storage.Storage;
import io.eventmesh.spi.storage.StreamPartition;
import io.eventmesh.spi.storage.StreamSettings;
import io.eventmesh.testkit.ManualTime;
import io.eventmesh.testkit.storage.RecordFixture;
import io.eventmesh.testkit.storage.RecordingListener;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.GroupListing;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.awaitility.Awaitility;
import org.awaitility.core.ThrowingRunnable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** A storage on the shared broker with a stream and a group that reads it from its beginning, and what asks Kafka itself. */
abstract class KafkaGroupsFixture {
    protected static final StreamName ORDERS = new StreamName("default", "orders");
    protected static final StreamPartition FIRST = new StreamPartition(ORDERS, 0);
    protected static final SubscriptionName GROUP = group("group");
    protected static final Position FIFTH = new Position(FIRST, 5);
    protected static final Duration PATIENCE = Duration.ofSeconds(20);

    protected final String prefix = KafkaBroker.prefix();
    protected final ManualTime clock = new ManualTime();
    protected final RecordFixture orders = RecordFixture.of(ORDERS, clock);
    protected final RecordingListener listener = new RecordingListener();
    protected final Admin admin = KafkaBroker.shared().admin();
    private final List<Storage> made = new ArrayList<>();

    @SuppressWarnings("NullAway.Init")
    protected KafkaStorage storage;

    @BeforeEach
    void aGroupFromTheBeginning() {
        storage = started(100);
        await(storage.createStream(ORDERS, new StreamSettings(1)));
        await(storage.createGroup(GROUP, Set.of(ORDERS), DeliveryTerms.DEFAULT, Start.earliest()));
    }

    @AfterEach
    void close() {
        made.forEach(Storage::close);
        admin.close(Duration.ofSeconds(1));
    }

    protected final KafkaStorage started(int maxGroups) {
        KafkaStorage next = Storages.storage(config(maxGroups), clock);
        made.add(next);
        next.start();
        return next;
    }

    protected final KafkaStorageConfig config(int maxGroups) {
        KafkaStorageConfig usual = Storages.config(KafkaBroker.shared().bootstrap(), prefix);
        return new KafkaStorageConfig(
                usual.bootstrapServers(),
                prefix,
                0,
                0,
                usual.retention(),
                usual.retentionBytes(),
                usual.format(),
                usual.formats(),
                usual.maxRecordSize(),
                usual.appendBuffer(),
                usual.appendTimeout(),
                maxGroups,
                usual.sessionTimeout(),
                usual.maxPartitionFetch(),
                usual.startTimeout(),
                usual.client(),
                usual.clientSecrets());
    }

    protected static SubscriptionName group(String name) {
        return new SubscriptionName("default", name, TopicPattern.of("orders"));
    }

    protected final GroupReader read(GroupReader.Listener by) {
        return await(storage.openReader(GROUP, by));
    }

    protected final void assigned(int times) {
        eventually(() ->
                assertThat(listener.calls(RecordingListener.Assigned.class)).hasSize(times));
    }

    protected final List<Position> append(String... ids) {
        List<Position> positions = new ArrayList<>();
        for (String id : ids) {
            positions.add(
                    await(storage.append(ORDERS, List.of(orders.record(id)), 0).get(0)));
        }
        return positions;
    }

    /** The one consumer group that stands for the group. */
    protected final String consumerGroup() {
        List<String> found = consumerGroups();
        assertThat(found).hasSize(1);
        return found.get(0);
    }

    protected final List<String> consumerGroups() {
        return get(admin.listGroups().all()).stream()
                .map(GroupListing::groupId)
                .filter(id -> id.startsWith(prefix + ".."))
                .toList();
    }

    protected final TopicPartition place() {
        return new TopicPartition(prefix + "..default..orders", 0);
    }

    protected static <T> T get(KafkaFuture<T> future) {
        return await(future.toCompletionStage());
    }

    protected static <T> T await(CompletionStage<T> stage) {
        try {
            return stage.toCompletableFuture().get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException failed) {
            throw EventMeshException.of(failed);
        } catch (TimeoutException | InterruptedException late) {
            throw new AssertionError("no answer within " + PATIENCE, late);
        }
    }

    protected static ErrorCode refusal(CompletionStage<?> stage) {
        try {
            await(stage);
        } catch (EventMeshException refused) {
            return refused.code();
        }
        throw new AssertionError("taken (expected: refused)");
    }

    protected static void eventually(ThrowingRunnable assertion) {
        Awaitility.await().atMost(PATIENCE).pollInterval(Duration.ofMillis(20)).untilAsserted(assertion);
    }
}
