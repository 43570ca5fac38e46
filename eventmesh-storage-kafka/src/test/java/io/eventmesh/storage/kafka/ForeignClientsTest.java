package io.eventmesh.storage.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.cloudevents.CloudEvent;
import io.cloudevents.core.builder.CloudEventBuilder;
import io.cloudevents.core.message.Encoding;
import io.cloudevents.kafka.CloudEventDeserializer;
import io.cloudevents.kafka.CloudEventSerializer;
import io.cloudevents.kafka.KafkaMessageFactory;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.common.topic.StreamName;
import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.common.topic.TopicName;
import io.eventmesh.common.topic.TopicPattern;
import io.eventmesh.spi.event.DataKind;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.storage.DeliveryTerms;
import io.eventmesh.spi.storage.EventRecord;
import io.eventmesh.spi.storage.Gap;
import io.eventmesh.spi.storage.GroupReader;
import io.eventmesh.spi.storage.Peek;
import io.eventmesh.spi.storage.Start;
import io.eventmesh.spi.storage.StoredRecord;
import io.eventmesh.spi.storage.StreamPartition;
import io.eventmesh.spi.storage.StreamSettings;
import io.eventmesh.testkit.storage.RecordingListener;
import java.net.URI;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serializer;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Other applications write and read the same events in the same topics.
 *
 * <p>Spec: CloudEvents Kafka protocol binding 1.0.2; the names of the tests follow its sections.
 */
class ForeignClientsTest {
    private static final StreamName ORDERS = new StreamName("default", "orders");

    private final String bootstrap = KafkaBroker.shared().bootstrap();
    private final String prefix = KafkaBroker.prefix();
    private final String topic = prefix + "..default..orders";
    private final KafkaStorage storage = Storages.storage(Storages.config(bootstrap, prefix), MeshClock.system());

    @BeforeEach
    void start() {
        storage.start();
        Answers.of(storage.createStream(ORDERS, new StreamSettings(1)));
    }

    @AfterEach
    void close() {
        storage.close();
    }

    // what we write

    @Test
    void aPlainConsumerFindsAttributesInHeadersAndDataInTheValue() {
        append(
                RecordFormTest.usual()
                        .attribute("partitionkey", "customer-1")
                        .text("{}")
                        .build(),
                "customer-1");

        ConsumerRecord<byte[], byte[]> record =
                consume(new ByteArrayDeserializer()).get(0);

        assertThat(text(record, "ce_specversion")).isEqualTo("1.0");
        assertThat(text(record, "ce_id")).isEqualTo("4711");
        assertThat(text(record, "ce_source")).isEqualTo("/shop");
        assertThat(text(record, "ce_type")).isEqualTo("order.created");
        assertThat(text(record, "ce_time")).isEqualTo("2026-03-01T10:00:00.120Z");
        assertThat(text(record, "ce_note")).isEqualTo("gr\u00fcn");
        assertThat(text(record, "ce_partitionkey")).isEqualTo("customer-1");
        assertThat(text(record, "content-type")).isEqualTo("application/json");
        assertThat(record.key()).isEqualTo("customer-1".getBytes(UTF_8));
        assertThat(record.value()).isEqualTo("{}".getBytes(UTF_8));
        assertThat(record.timestamp()).isEqualTo(99);
    }

    @Test
    void theCloudEventsSdkReadsWhatWeWrite() {
        append(RecordFormTest.usual().text("{\"a\":1}").build(), null);

        CloudEvent first = consume(new CloudEventDeserializer()).get(0).value();

        assertThat(first.getId()).isEqualTo("4711");
        assertThat(first.getSource()).isEqualTo(URI.create("/shop"));
        assertThat(first.getTime()).isEqualTo(OffsetDateTime.parse("2026-03-01T10:00:00.120Z"));
        assertThat(first.getDataContentType()).isEqualTo("application/json");
        assertThat(first.getDataSchema()).isEqualTo(URI.create("https://example.org/order"));
        assertThat(first.getExtension("urgent")).isEqualTo("true");
        assertThat(first.getData()).isNotNull();
        assertThat(first.getData().toBytes()).isEqualTo("{\"a\":1}".getBytes(UTF_8));
    }

    @Test
    void anEventWithoutDataHasNoValueWhichTheSdkReadsFromItsHeaders() {
        append(Event.builder().id("2").source("/s").type("t").build(), null);

        ConsumerRecord<byte[], byte[]> record =
                consume(new ByteArrayDeserializer()).get(0);

        assertThat(record.value()).isNull();
        CloudEvent read = KafkaMessageFactory.createReader(record).toEvent();
        assertThat(read.getId()).isEqualTo("2");
        assertThat(read.getData()).isNull();
    }

    // what they write

    @Test
    void binaryModeOfTheCloudEventsSdkIsReadAsTheEvent() {
        CloudEvent event = CloudEventBuilder.v1()
                .withId("7")
                .withSource(URI.create("/elsewhere"))
                .withType("foreign")
                .withSubject("what")
                .withTime(OffsetDateTime.parse("2026-01-01T00:00:00+02:00"))
                .withDataContentType("application/json")
                .withExtension("partitionkey", "k")
                .withData("{\"b\":2}".getBytes(UTF_8))
                .build();

        produce(new CloudEventSerializer(), Map.of(), new ProducerRecord<>(topic, event));

        EventRecord read = peek().records().get(0).record();
        assertThat(read.topic()).isEqualTo(TopicName.of("orders"));
        assertThat(read.key()).isEqualTo("k");
        assertThat(read.event().id()).isEqualTo("7");
        assertThat(read.event().source()).isEqualTo("/elsewhere");
        assertThat(read.event().subject()).isEqualTo("what");
        assertThat(read.event().attribute("time")).isEqualTo("2025-12-31T22:00:00Z");
        assertThat(read.event().dataContentType()).isEqualTo("application/json");
        assertThat(read.event().dataKind()).isEqualTo(DataKind.TEXT);
        assertThat(read.event().data()).isEqualTo("{\"b\":2}".getBytes(UTF_8));
    }

    @Test
    void structuredModeWithProtobufIsReadAsTheEvent() {
        Event event = RecordFormTest.usual().text("x").build();
        send(event.toByteArray(), "content-type", "application/cloudevents+protobuf; charset=UTF-8");

        assertThat(peek().records().get(0).record().event().toByteArray()).isEqualTo(event.toByteArray());
    }

    @Test
    void aStructuredEventOfTheCloudEventsSdkInJsonIsReadAsTheEvent() {
        CloudEvent event = CloudEventBuilder.v1()
                .withId("7")
                .withSource(URI.create("/elsewhere"))
                .withType("foreign")
                .withDataContentType("application/json")
                .withData("{\"b\":[1,2.50,\"\\u00e4\"]}".getBytes(UTF_8))
                .withExtension("n", 5)
                .build();
        Map<String, Object> structured = Map.of(
                CloudEventSerializer.ENCODING_CONFIG,
                Encoding.STRUCTURED,
                CloudEventSerializer.EVENT_FORMAT_CONFIG,
                "application/cloudevents+json");

        produce(new CloudEventSerializer(), structured, new ProducerRecord<>(topic, event));

        Event read = peek().records().get(0).record().event();
        assertThat(read.id()).isEqualTo("7");
        assertThat(read.typedAttribute("n")).isEqualTo(5);
        assertThat(new String(read.data(), UTF_8)).startsWith("{\"b\":[1,2.50,").endsWith("]}");
    }

    @Test
    void aHeaderNamesTheTopicAndTheKeyIsTheKafkaKey() {
        ProducerRecord<byte[], byte[]> record = event("1");
        record.headers().add("mesh_topic", "orders/eu/new".getBytes(UTF_8));
        produce(new ByteArraySerializer(), Map.of(), keyed("the-key", record));

        EventRecord read = peek().records().get(0).record();
        assertThat(read.topic()).isEqualTo(TopicName.of("orders/eu/new"));
        assertThat(read.key()).isEqualTo("the-key");
    }

    @Test
    void withoutContentTypeAndValueThereIsNoData() {
        produce(new ByteArraySerializer(), Map.of(), event("1"));

        Event read = peek().records().get(0).record().event();
        assertThat(read.dataKind()).isEqualTo(DataKind.NONE);
        assertThat(read.dataContentType()).isNull();
    }

    @Test
    void whatIsNoEventIsPassedOver() {
        send(new byte[] {1, 2, 3});
        send(new byte[] {1, 2, 3}, "content-type", "application/cloudevents+protobuf");
        send("{}".getBytes(UTF_8), "content-type", "application/cloudevents+avro");
        send(null, "content-type", "application/cloudevents+protobuf");
        send(new byte[0], "ce_id", "1", "ce_source", "/s", "ce_type", "t");
        send(new byte[0], "ce_id", "1", "ce_source", "/s", "ce_type", "t", "ce_specversion", "0.3");
        send(new byte[0], "ce_specversion", "1.0", "ce_id", "1", "ce_source", "/s", "ce_type", "t", "ce_time", "now");
        send(new byte[0], "ce_specversion", "1.0", "ce_id", "1", "ce_source", "/s", "ce_type", "t", "ce_meshx", "y");
        send(
                new byte[0],
                "ce_specversion",
                "1.0",
                "ce_id",
                "1",
                "ce_source",
                "/s",
                "ce_type",
                "t",
                "mesh_topic",
                "_dl/default/group/g");
        send(new byte[] {0}, "mesh_form", "2T");
        produce(new ByteArraySerializer(), Map.of(), event("last"));

        Peek all = peek();

        assertThat(all.end()).isEqualTo(11);
        assertThat(all.next()).isEqualTo(11);
        assertThat(all.records())
                .extracting(StoredRecord::record)
                .extracting(record -> record.event().id())
                .containsExactly("last");
    }

    @Test
    void aGroupIsToldOfWhatIsNoEventAndReadsOn() {
        SubscriptionName group = new SubscriptionName("default", "group", TopicPattern.of("orders"));
        Answers.of(storage.createGroup(group, Set.of(ORDERS), DeliveryTerms.DEFAULT, Start.earliest()));
        produce(new ByteArraySerializer(), Map.of(), event("1"));
        send(new byte[] {1});
        send(new byte[] {2});
        produce(new ByteArraySerializer(), Map.of(), event("2"));
        RecordingListener listener = new RecordingListener();

        GroupReader reader = Answers.of(storage.openReader(group, listener));
        StreamPartition first = new StreamPartition(ORDERS, 0);
        Awaitility.await()
                .atMost(Duration.ofSeconds(20))
                .until(() -> !listener.calls(RecordingListener.Assigned.class).isEmpty());
        reader.request(first, Long.MAX_VALUE);

        Awaitility.await().atMost(Duration.ofSeconds(20)).untilAsserted(() -> {
            assertThat(listener.ids()).containsExactly("1", "2");
            assertThat(storage.group(group).orElseThrow().gaps())
                    .allSatisfy(gap -> assertThat(gap.why()).isEqualTo(Gap.Why.CORRUPTION))
                    .extracting(Gap::count)
                    .satisfies(counts -> assertThat(
                                    counts.stream().mapToLong(Long::longValue).sum())
                            .isEqualTo(2));
        });
        assertThat(storage.health().detail()).contains("2 records passed over");
        reader.close();
    }

    private ProducerRecord<byte[], byte[]> event(String id) {
        ProducerRecord<byte[], byte[]> record = new ProducerRecord<>(topic, null);
        record.headers()
                .add("ce_specversion", "1.0".getBytes(UTF_8))
                .add("ce_id", id.getBytes(UTF_8))
                .add("ce_source", "/s".getBytes(UTF_8))
                .add("ce_type", "t".getBytes(UTF_8));
        return record;
    }

    private static ProducerRecord<byte[], byte[]> keyed(String key, ProducerRecord<byte[], byte[]> record) {
        return new ProducerRecord<>(record.topic(), 0, key.getBytes(UTF_8), record.value(), record.headers());
    }

    private void send(byte @Nullable [] value, String... headers) {
        List<Header> all = new ArrayList<>();
        for (int i = 0; i < headers.length; i += 2) {
            all.add(new RecordHeader(headers[i], headers[i + 1].getBytes(UTF_8)));
        }
        produce(
                new ByteArraySerializer(),
                Map.of(),
                new ProducerRecord<byte[], byte[]>(topic, 0, new byte[0], value, all));
    }

    private void append(Event event, @Nullable String key) {
        EventRecord record = new EventRecord(TopicName.of("orders"), key, 99, 0, null, null, null, 0, event);
        Answers.of(storage.append(ORDERS, List.of(record), 0).get(0));
    }

    private Peek peek() {
        return Answers.of(storage.peek(new StreamPartition(ORDERS, 0), 0, 100, 1 << 20));
    }

    private <V> void produce(Serializer<V> values, Map<String, ?> more, ProducerRecord<byte[], V> record) {
        Map<String, Object> settings = new HashMap<>(Map.of("bootstrap.servers", bootstrap));
        settings.putAll(more);
        values.configure(settings, false);
        try (KafkaProducer<byte[], V> producer = new KafkaProducer<>(settings, new ByteArraySerializer(), values)) {
            producer.send(record).get(20, TimeUnit.SECONDS);
        } catch (Exception failed) {
            throw new AssertionError("not sent", failed);
        }
    }

    private <V> List<ConsumerRecord<byte[], V>> consume(Deserializer<V> values) {
        Map<String, Object> settings = new HashMap<>(Map.of("bootstrap.servers", bootstrap));
        TopicPartition partition = new TopicPartition(topic, 0);
        List<ConsumerRecord<byte[], V>> all = new ArrayList<>();
        try (KafkaConsumer<byte[], V> consumer = new KafkaConsumer<>(settings, new ByteArrayDeserializer(), values)) {
            consumer.assign(Set.of(partition));
            consumer.seekToBeginning(Set.of(partition));
            long end = consumer.endOffsets(Set.of(partition)).getOrDefault(partition, 0L);
            for (int polls = 0; polls < 100 && consumer.position(partition) < end; polls++) {
                consumer.poll(Duration.ofMillis(200)).forEach(all::add);
            }
        }
        return all;
    }

    private static String text(ConsumerRecord<byte[], byte[]> record, String name) {
        Header header = record.headers().lastHeader(name);
        return header == null ? "" : new String(header.value(), UTF_8);
    }
}
