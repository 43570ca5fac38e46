package io.eventmesh.storage.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.common.topic.StreamName;
import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.common.topic.TopicPattern;
import io.eventmesh.spi.storage.DeliveryTerms;
import io.eventmesh.spi.storage.RetryPolicy;
import io.eventmesh.spi.target.Destination;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Two runtimes and one catalog on a real broker. */
class CatalogTest {
    private static final StreamName ORDERS = new StreamName("default", "orders");
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private KafkaStorageConfig config = Storages.config(KafkaBroker.shared().bootstrap(), KafkaBroker.prefix());
    private final TopicNames names = new TopicNames(config, "tests");
    private final List<AutoCloseable> opened = new ArrayList<>();

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable each : opened) {
            each.close();
        }
    }

    @Test
    void whatOneRuntimeWroteTheOtherReads() {
        Catalog one = catalog();
        Catalog other = catalog();
        GroupEntry group = group("g", "first");

        assertThat(Answers.of(one.addStream(stream(3))).entry()).isEqualTo(stream(3));
        assertThat(Answers.of(one.changeGroup(group.name(), null, group))).isTrue();

        assertThat(one.group(group.name())).contains(group);
        Awaitility.await().atMost(PATIENCE).untilAsserted(() -> {
            assertThat(other.stream(ORDERS)).contains(stream(3));
            assertThat(other.streamOf(stream(3).topic())).contains(stream(3));
            assertThat(other.group(group.name())).contains(group);
        });
        Catalog later = catalog();
        assertThat(later.streams()).containsExactly(stream(3));
        assertThat(later.groups()).containsExactly(group);
    }

    @Test
    void twoRuntimesThatMakeOneGroupDifferentlyAreNotBothToldYes() {
        List<Catalog> both = List.of(catalog(), catalog());
        for (int round = 0; round < 10; round++) {
            String name = "g" + round;
            List<CompletionStage<Boolean>> answers = new ArrayList<>();
            for (int i = 0; i < 2; i++) {
                GroupEntry mine = group(name, "by-" + i);
                answers.add(both.get(i).changeGroup(mine.name(), null, mine));
            }

            boolean first = Answers.of(answers.get(0));
            boolean second = Answers.of(answers.get(1));

            assertThat(first ^ second)
                    .as("round %s: %s, %s", round, first, second)
                    .isTrue();
            SubscriptionName group = group(name, "").name();
            String winner = first ? "by-0" : "by-1";
            Awaitility.await()
                    .atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(both)
                            .allSatisfy(each -> assertThat(
                                            each.group(group).orElseThrow().incarnation())
                                    .isEqualTo(winner)));
        }
    }

    @Test
    void aChangeOfWhatIsNotAsExpectedIsRefusedAndTheSameAgainIsFine() {
        Catalog catalog = catalog();
        GroupEntry first = group("g", "1");
        GroupEntry second = group("g", "2");
        assertThat(Answers.of(catalog.changeGroup(first.name(), null, first))).isTrue();

        assertThat(Answers.of(catalog.changeGroup(first.name(), second, null))).isFalse();
        assertThat(Answers.of(catalog.changeGroup(first.name(), null, first))).isTrue();
        assertThat(Answers.of(catalog.changeGroup(first.name(), first, second))).isTrue();
        assertThat(Answers.of(catalog.changeGroup(first.name(), second, null))).isTrue();
        assertThat(Answers.of(catalog.changeGroup(first.name(), second, null))).isTrue();

        assertThat(catalog.groups()).isEmpty();
    }

    @Test
    void manyChangesOfTwoRuntimesAllStand() {
        List<Catalog> both = List.of(catalog(), catalog());
        List<CompletionStage<Boolean>> answers = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            GroupEntry group = group("g" + i, "x");
            answers.add(both.get(i % 2).changeGroup(group.name(), null, group));
        }

        assertThat(answers).allSatisfy(answer -> assertThat(Answers.of(answer)).isTrue());

        Awaitility.await()
                .atMost(PATIENCE)
                .untilAsserted(() -> assertThat(both)
                        .allSatisfy(each -> assertThat(each.groups()).hasSize(40)));
    }

    @Test
    void listenersHearOfEveryChangeOnce() {
        Catalog catalog = new Catalog(clients(), names, MeshClock.system());
        List<String> told = new ArrayList<>();
        catalog.listen(new Catalog.Listener() {
            @Override
            public void streamMade(StreamEntry stream) {
                told.add("made " + stream.partitions());
            }

            @Override
            public void streamDeleted(StreamEntry stream) {
                told.add("deleted " + stream.partitions());
            }
        });
        catalog.open(PATIENCE);
        opened.add(0, catalog);

        Answers.of(catalog.addStream(stream(3)));
        Answers.of(catalog.addStream(stream(4)));
        Answers.of(catalog.markStream(ORDERS));
        Answers.of(catalog.markStream(ORDERS));
        Answers.of(catalog.forgetStream(stream(3)));
        Answers.of(catalog.addStream(stream(4)));

        assertThat(told).containsExactly("made 3", "deleted 3", "made 4");
    }

    @Test
    void aCatalogOfANewerFormatIsRefused() {
        catalog();
        write("format", CatalogForm.write(new CatalogFact.Format(2)));
        write("unheard-of", new byte[] {1});

        assertThatThrownBy(this::catalog)
                .isInstanceOfSatisfying(
                        EventMeshException.class,
                        refused -> assertThat(refused.code()).isEqualTo(ErrorCode.STORAGE_UNAVAILABLE))
                .hasMessageContaining("2")
                .hasMessageContaining("1 or older");
    }

    @Test
    void aCatalogThatCannotBeReadIsRefused() {
        catalog();
        write("stream/default:orders", new byte[] {0, 0, 0, 99, 1});

        assertThatThrownBy(this::catalog)
                .isInstanceOfSatisfying(
                        EventMeshException.class,
                        refused -> assertThat(refused.code()).isEqualTo(ErrorCode.DATA_CORRUPT));
    }

    @Test
    void withoutABrokerChangesAreRefusedAndGoOnWhenItIsBack() {
        KafkaBroker broker = KafkaBroker.restless();
        config = Storages.withAppendTimeout(Storages.config(broker.bootstrap(), "away"), Duration.ofSeconds(2));
        Catalog catalog = catalog();
        Answers.of(catalog.addStream(stream(1)));

        broker.stop();
        GroupEntry group = group("g", "1");
        CompletionStage<Boolean> away = catalog.changeGroup(group.name(), null, group);
        assertThat(catalog.stream(ORDERS)).isPresent();
        broker.serve();

        try {
            assertThat(Answers.of(away)).isTrue();
        } catch (EventMeshException refused) {
            assertThat(refused.code()).isEqualTo(ErrorCode.STORAGE_UNAVAILABLE);
        }
        Awaitility.await()
                .atMost(Duration.ofSeconds(60))
                .ignoreExceptions()
                .untilAsserted(() -> assertThat(Answers.of(catalog.changeGroup(group.name(), null, group)))
                        .isTrue());
        assertThat(catalog.trouble()).isEmpty();
    }

    @Test
    void afterCloseChangesAreRefused() {
        Catalog catalog = catalog();

        catalog.close();
        catalog.close();

        assertThat(Answers.refusal(catalog.addStream(stream(1)))).isEqualTo(ErrorCode.STORAGE_UNAVAILABLE);
    }

    private Catalog catalog() {
        Catalog catalog = new Catalog(clients(), names, MeshClock.system());
        opened.add(0, catalog);
        catalog.open(PATIENCE);
        return catalog;
    }

    private Clients clients() {
        Clients clients = new Clients(config, "test" + opened.size());
        clients.open();
        opened.add(clients);
        Topics topics = new Topics(config, clients);
        opened.add(0, topics);
        Answers.of(topics.ensureCompacted(names.catalog(), 1, Map.of()));
        return clients;
    }

    private void write(String key, byte[] value) {
        Map<String, Object> settings = new HashMap<>(Map.of("bootstrap.servers", config.bootstrapServers()));
        try (KafkaProducer<byte[], byte[]> producer =
                new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer())) {
            producer.send(new ProducerRecord<>(names.catalog(), CatalogForm.bytes(key), value))
                    .get(20, TimeUnit.SECONDS);
        } catch (Exception failed) {
            throw new AssertionError("not written", failed);
        }
    }

    private StreamEntry stream(int partitions) {
        return new StreamEntry(ORDERS, partitions, names.stream(ORDERS), new Uuid(1, partitions));
    }

    private static GroupEntry group(String name, String incarnation) {
        DeliveryTerms terms = new DeliveryTerms(
                new RetryPolicy(3, Duration.ofNanos(5), 1.5, Duration.ofDays(2)),
                Duration.ofMillis(7_001),
                false,
                "[{\"exact\":{\"type\":\"gr\u00fcn\"}}]".repeat(3_000),
                new Destination("webhook", "{}"));
        SubscriptionName subscription = new SubscriptionName("default", name, TopicPattern.of("orders/>"));
        return new GroupEntry(subscription, Set.of(ORDERS), terms, true, incarnation);
    }
}
