package io.eventmesh.storage.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventmesh.common.config.DataSize;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.lifecycle.Health;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.common.topic.StreamName;
import io.eventmesh.spi.storage.EventRecord;
import io.eventmesh.spi.storage.Position;
import io.eventmesh.spi.storage.StoredRecord;
import io.eventmesh.spi.storage.StreamPartition;
import io.eventmesh.spi.storage.StreamSettings;
import io.eventmesh.testkit.storage.RecordFixture;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Appends to a real broker that comes and goes. */
class AppendsTest {
    private static final StreamName ORDERS = new StreamName("default", "orders");
    private static final StreamPartition FIRST = new StreamPartition(ORDERS, 0);

    private final String prefix = KafkaBroker.prefix();
    private final List<AutoCloseable> opened = new ArrayList<>();

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable each : opened) {
            each.close();
        }
    }

    @Test
    void recordsThatCameBeforeTheTopicWasKnownAreStoredInTheirOrder() {
        Answers.of(storage(KafkaBroker.shared()).createStream(ORDERS, new StreamSettings(2)));
        // another runtime, whose producer has never heard of the topic
        KafkaStorage storage = storage(KafkaBroker.shared());
        List<CompletionStage<Position>> answers = new ArrayList<>();

        for (int i = 0; i < 300; i++) {
            answers.addAll(storage.append(ORDERS, List.of(records().record("e" + i)), 0));
        }

        List<Long> offsets =
                answers.stream().map(answer -> Answers.of(answer).offset()).toList();
        assertThat(offsets)
                .isEqualTo(IntStream.range(0, 300).mapToObj(Long::valueOf).toList());
        assertThat(ids(storage))
                .isEqualTo(IntStream.range(0, 300).mapToObj(i -> "e" + i).toList());
    }

    @Test
    void aStreamThatIsDeletedWhileItsRecordsAreOnTheirWayAnswersSoon() {
        KafkaBroker broker = KafkaBroker.shared();
        KafkaStorage storage = storage(broker);
        Answers.of(storage.createStream(ORDERS, new StreamSettings(1)));
        try (Admin admin = broker.admin()) {
            admin.deleteTopics(List.of(prefix + "..default..orders"))
                    .all()
                    .toCompletionStage()
                    .toCompletableFuture()
                    .join();
        }
        CompletionStage<Position> answer =
                storage.append(ORDERS, List.of(records().record("1")), 0).get(0);

        Answers.of(storage.deleteStream(ORDERS));

        assertThat(answer.toCompletableFuture()).isDone();
        // the second where the loss of the topic was noticed before
        assertThat(Answers.refusal(answer)).isIn(ErrorCode.TOPIC_NOT_FOUND, ErrorCode.STORAGE_UNAVAILABLE);
    }

    @Test
    void withoutABrokerAppendsAreRefusedInTimeAndGoOnWhenItIsBack() {
        KafkaBroker broker = KafkaBroker.restless();
        KafkaStorage storage = storage(broker, Duration.ofSeconds(2));
        Answers.of(storage.createStream(ORDERS, new StreamSettings(1)));
        Answers.of(
                storage.append(ORDERS, List.of(records().record("before")), 0).get(0));

        broker.stop();
        CompletionStage<Position> away =
                storage.append(ORDERS, List.of(records().record("away")), 0).get(0);
        assertThat(Answers.refusal(away)).isEqualTo(ErrorCode.STORAGE_UNAVAILABLE);
        Awaitility.await()
                .atMost(Duration.ofSeconds(30))
                .until(() -> storage.health().state() == Health.State.DEGRADED);
        assertThat(storage.stream(ORDERS)).isPresent();
        broker.serve();

        Awaitility.await().atMost(Duration.ofSeconds(30)).ignoreExceptions().untilAsserted(() -> {
            Answers.of(storage.append(ORDERS, List.of(records().record("after")), 0)
                    .get(0));
        });
        Awaitility.await()
                .atMost(Duration.ofSeconds(30))
                .until(() -> storage.health().state() == Health.State.UP);
        assertThat(ids(storage)).startsWith("before").endsWith("after");
    }

    @Test
    void moreThanTheBufferHoldsIsRefusedAndNothingThatWasTakenIsLost() {
        KafkaBroker broker = KafkaBroker.restless();
        KafkaStorage storage = storage(broker, Duration.ofSeconds(30));
        Answers.of(storage.createStream(ORDERS, new StreamSettings(1)));
        Answers.of(storage.append(ORDERS, List.of(records().record("first")), 0).get(0));
        List<CompletionStage<Position>> answers = new ArrayList<>();

        broker.stop();
        for (int i = 0; i < 60; i++) {
            EventRecord large = records().padding(200_000).record("e" + i);
            answers.addAll(storage.append(ORDERS, List.of(large), 0));
        }
        List<CompletionStage<Position>> refused = answers.stream()
                .filter(answer -> answer.toCompletableFuture().isDone())
                .toList();
        assertThat(refused)
                .isNotEmpty()
                .allSatisfy(answer -> assertThat(Answers.refusal(answer)).isEqualTo(ErrorCode.OVERLOADED));
        broker.serve();

        Set<Integer> taken = IntStream.range(0, 60)
                .filter(i -> !refused.contains(answers.get(i)))
                .boxed()
                .collect(Collectors.toSet());
        assertThat(taken).hasSizeBetween(20, 50);
        taken.forEach(i -> Answers.of(answers.get(i)));
        assertThat(ids(storage)).containsAll(taken.stream().map(i -> "e" + i).toList());
    }

    @Test
    void aStreamWhoseDeletionWasInterruptedIsMadeAnew() {
        KafkaStorage storage = storage(KafkaBroker.shared());
        Answers.of(storage.createStream(ORDERS, new StreamSettings(1)));
        Answers.of(storage.append(ORDERS, List.of(records().record("old")), 0).get(0));
        interruptedDeletion();
        Awaitility.await()
                .atMost(Duration.ofSeconds(20))
                .until(() -> storage.stream(ORDERS).isEmpty());

        Answers.of(storage.createStream(ORDERS, new StreamSettings(2)));
        Answers.of(storage.append(ORDERS, List.of(records().record("new")), 0).get(0));

        assertThat(ids(storage)).containsExactly("new");
    }

    @Test
    void aDeletionThatWasInterruptedIsFinishedByWhoStartsNext() {
        Answers.of(storage(KafkaBroker.shared()).createStream(ORDERS, new StreamSettings(1)));
        interruptedDeletion();

        storage(KafkaBroker.shared());

        try (Admin admin = KafkaBroker.shared().admin()) {
            Awaitility.await()
                    .atMost(Duration.ofSeconds(20))
                    .until(() -> !admin.listTopics()
                            .names()
                            .get(10, TimeUnit.SECONDS)
                            .contains(prefix + "..default..orders"));
        }
    }

    @Test
    void whatATransactionOfAnotherClientTookBackIsNotSeen() {
        KafkaStorage storage = storage(KafkaBroker.shared());
        Answers.of(storage.createStream(ORDERS, new StreamSettings(1)));
        Map<String, Object> settings = new HashMap<>(
                Map.of("bootstrap.servers", KafkaBroker.shared().bootstrap(), "transactional.id", prefix + "-foreign"));
        try (KafkaProducer<byte[], byte[]> foreign =
                new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer())) {
            foreign.initTransactions();
            foreign.beginTransaction();
            foreign.send(RecordForm.write(entry(), 0, records().record("taken back"), RecordFormat.BINARY));
            foreign.flush();
            foreign.abortTransaction();
            foreign.beginTransaction();
            foreign.send(RecordForm.write(entry(), 0, records().record("stands"), RecordFormat.BINARY));
            foreign.commitTransaction();
        }

        Awaitility.await()
                .atMost(Duration.ofSeconds(20))
                .untilAsserted(() -> assertThat(ids(storage)).containsExactly("stands"));
    }

    private StreamEntry entry() {
        return new StreamEntry(ORDERS, 1, prefix + "..default..orders", Uuid.ZERO_UUID);
    }

    private void interruptedDeletion() {
        KafkaStorageConfig config = config(KafkaBroker.shared(), Duration.ofSeconds(10));
        Clients clients = new Clients(config, "half");
        clients.open();
        opened.add(clients);
        Catalog catalog = new Catalog(clients, new TopicNames(config, "tests"), MeshClock.system());
        opened.add(0, catalog);
        catalog.open(Duration.ofSeconds(20));
        Answers.of(catalog.markStream(ORDERS));
    }

    @Test
    void aTopicThatAnOperatorMadeIsUsedIfItHasAsManyPartitions() {
        KafkaStorage storage = storage(KafkaBroker.shared());
        try (Admin admin = KafkaBroker.shared().admin()) {
            admin.createTopics(List.of(
                            new org.apache.kafka.clients.admin.NewTopic(prefix + "..default..orders", 3, (short) 1)))
                    .all()
                    .toCompletionStage()
                    .toCompletableFuture()
                    .join();
        }

        assertThat(Answers.refusal(storage.createStream(ORDERS, new StreamSettings(2))))
                .isEqualTo(ErrorCode.ALREADY_EXISTS);
        Answers.of(storage.createStream(ORDERS, new StreamSettings(3)));
        assertThat(Answers.of(storage.append(ORDERS, List.of(records().record("1")), 2)
                                .get(0))
                        .partition()
                        .index())
                .isEqualTo(2);
    }

    private RecordFixture records() {
        return RecordFixture.of(ORDERS, MeshClock.system());
    }

    private static List<String> ids(KafkaStorage storage) {
        return Answers.of(storage.peek(FIRST, 0, 1_000, 1 << 30)).records().stream()
                .map(StoredRecord::record)
                .map(record -> record.event().id())
                .toList();
    }

    private KafkaStorage storage(KafkaBroker broker) {
        return storage(broker, Duration.ofSeconds(10));
    }

    private KafkaStorage storage(KafkaBroker broker, Duration appendTimeout) {
        KafkaStorage storage = Storages.storage(config(broker, appendTimeout), MeshClock.system());
        opened.add(0, storage);
        storage.start();
        return storage;
    }

    private KafkaStorageConfig config(KafkaBroker broker, Duration appendTimeout) {
        KafkaStorageConfig usual =
                Storages.config(broker.bootstrap(), prefix, RecordFormat.BINARY, DataSize.ofMebibytes(2));
        return Storages.withAppendTimeout(usual, appendTimeout);
    }
}
