package io.eventmesh.storage.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import com.google.protobuf.Timestamp;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.StreamName;
import io.eventmesh.common.topic.TopicName;
import io.eventmesh.proto.cloudevents.CloudEvent;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.event.EventBuilder;
import io.eventmesh.spi.storage.EventRecord;
import java.time.Instant;
import java.util.Arrays;
import java.util.Optional;
import java.util.Random;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.record.TimestampType;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What is written as a Kafka record is read as the same record, byte by byte, whatever the event looks like. */
class RecordFormTest {
    private static final StreamEntry ORDERS =
            new StreamEntry(new StreamName("default", "orders"), 1, "test..default..orders", Uuid.randomUuid());

    @Test
    void aUsualEventStandsInItsHeadersAndItsData() {
        Event event = usual().text("{\"a\":1}").build();

        ProducerRecord<byte[], byte[]> record = write(event, RecordFormat.BINARY);

        assertThat(header(record, "ce_id")).isEqualTo("4711");
        assertThat(header(record, "ce_source")).isEqualTo("/shop");
        assertThat(header(record, "ce_specversion")).isEqualTo("1.0");
        assertThat(header(record, "ce_type")).isEqualTo("order.created");
        assertThat(header(record, "ce_time")).isEqualTo("2026-03-01T10:00:00.120Z");
        assertThat(header(record, "ce_attempt")).isEqualTo("-3");
        assertThat(header(record, "ce_urgent")).isEqualTo("true");
        assertThat(header(record, "ce_digest")).isEqualTo("AQL/");
        assertThat(header(record, "ce_dataschema")).isEqualTo("https://example.org/order");
        assertThat(header(record, "content-type")).isEqualTo("application/json");
        assertThat(header(record, "ce_datacontenttype")).isNull();
        assertThat(header(record, "mesh_form")).isEqualTo("1Ttsuiybs");
        assertThat(record.value()).isEqualTo("{\"a\":1}".getBytes(UTF_8));
        assertThat(read(record).toByteArray()).isEqualTo(event.toByteArray());
    }

    @Test
    void theStructuredFormIsTheEventsOwnBytes() {
        Event event = usual().data(new byte[] {1, 2}).build();

        ProducerRecord<byte[], byte[]> record = write(event, RecordFormat.STRUCTURED);

        assertThat(record.value()).isEqualTo(event.toByteArray());
        assertThat(header(record, "content-type")).isEqualTo("application/cloudevents+protobuf");
        assertThat(header(record, "ce_id")).isNull();
        assertThat(read(record).toByteArray()).isEqualTo(event.toByteArray());
    }

    @Test
    void noDataIsAnotherThingThanEmptyData() {
        assertThat(write(usual().build(), RecordFormat.BINARY).value()).isNull();
        assertThat(write(usual().data(new byte[0]).build(), RecordFormat.BINARY).value())
                .isEmpty();
        assertComesBack(usual().build(), true);
        assertComesBack(usual().data(new byte[0]).build(), true);
        assertComesBack(usual().text("").build(), true);
    }

    @Test
    void whatHeadersCannotSayIsKeptStructured() {
        assertComesBack(
                usual().protoData(Any.newBuilder().setTypeUrl("t/x").build()).build(), false);
        assertComesBack(usual().dataContentType("application/cloudevents+json").build(), false);
        assertComesBack(
                Event.builder()
                        .id("1")
                        .source("/s")
                        .type("t")
                        .attribute("Upper", "x")
                        .build(),
                false);
        assertComesBack(Event.builder().id("1").source("/s").build(), false);
        assertComesBack(with(usual().build(), new byte[] {0x2A, 0x00}), false);
        byte[] unknownField = {(byte) 0x9A, 0x06, 0x01, 0x55};
        assertComesBack(with(usual().build(), unknownField), false);
    }

    @Test
    void anAttributeThatStandsTwiceIsKeptStructured() {
        byte[] entry = CloudEvent.newBuilder()
                .putAttributes(
                        "attempt",
                        CloudEvent.CloudEventAttributeValue.newBuilder()
                                .setCeString("again")
                                .build())
                .build()
                .toByteArray();

        assertComesBack(with(usual().build(), entry), false);
    }

    @Test
    void lengthsThatTakeMoreBytesThanTheyNeedAreKeptStructured() {
        Event event = Event.builder().id("1").source("/s").type("t").build();
        byte[] bytes = event.toByteArray();
        byte[] longer = new byte[bytes.length + 1];
        longer[0] = bytes[0];
        longer[1] = (byte) (bytes[1] | 0x80);
        System.arraycopy(bytes, 2, longer, 3, bytes.length - 2);

        assertComesBack(Event.scan(longer), false);
        assertComesBack(event, true);
    }

    @Test
    void timesKeepTheirInstant() {
        for (String time : new String[] {
            "1970-01-01T00:00:00Z",
            "1970-01-01T00:00:01Z",
            "1969-12-31T23:59:59.999999999Z",
            "0001-01-01T00:00:00Z",
            "9999-12-31T23:59:59.000000001Z",
            "2026-11-23T06:00:00Z"
        }) {
            assertComesBack(
                    Event.builder()
                            .id("1")
                            .source("/s")
                            .type("t")
                            .time(Instant.parse(time))
                            .build(),
                    true);
            assertComesBack(Event.scan(generated(Instant.parse(time))), true);
        }
    }

    @Test
    void integersOfTheWholeRangeComeBack() {
        for (int value : new int[] {0, 1, -1, 127, 128, Integer.MAX_VALUE, Integer.MIN_VALUE}) {
            assertComesBack(
                    Event.builder()
                            .id("1")
                            .source("/s")
                            .type("t")
                            .attribute("n", value)
                            .build(),
                    true);
        }
    }

    @Test
    void aDamagedEventThatIsStillOneComesBackWithTheSameBytes() {
        Random random = new Random(20_261);
        byte[] origin = usual().text("some data that is long enough to be damaged")
                .build()
                .toByteArray();
        int binary = 0;
        int structured = 0;
        for (int i = 0; i < 60_000; i++) {
            byte[] damaged = damaged(origin, random);
            Event event;
            try {
                event = Event.scan(damaged);
            } catch (EventMeshException noEvent) {
                continue;
            }
            ProducerRecord<byte[], byte[]> record = write(event, RecordFormat.BINARY);
            assertThat(read(record).toByteArray()).as("case %d", i).isEqualTo(damaged);
            if (header(record, "ce_id") == null) {
                structured++;
            } else {
                binary++;
            }
        }
        assertThat(binary).isGreaterThan(2_000);
        assertThat(structured).isGreaterThan(2_000);
    }

    private static byte[] damaged(byte[] origin, Random random) {
        byte[] bytes = origin.clone();
        for (int times = 1 + random.nextInt(2); times > 0; times--) {
            int at = random.nextInt(bytes.length);
            switch (random.nextInt(4)) {
                case 0 -> bytes[at] = (byte) random.nextInt();
                case 1 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
                case 2 -> bytes = Arrays.copyOf(bytes, Math.max(1, at));
                default -> {
                    byte[] more = new byte[bytes.length + 1];
                    System.arraycopy(bytes, 0, more, 0, at);
                    more[at] = (byte) random.nextInt();
                    System.arraycopy(bytes, at, more, at + 1, bytes.length - at);
                    bytes = more;
                }
            }
        }
        return bytes;
    }

    @Test
    void ourHeaderComesBack() {
        EventRecord record = new EventRecord(
                TopicName.of("orders/eu/new"), "k\u00fc", 1_234, 3, "rule/t", "caller", "00-ab", 99, usual().build());
        ProducerRecord<byte[], byte[]> written = RecordForm.write(ORDERS, 0, record, RecordFormat.BINARY);

        EventRecord read = RecordReader.read("orders", consumed(written));

        assertThat(read).usingRecursiveComparison().ignoringFields("event").isEqualTo(record);
        assertThat(header(written, "mesh_topic")).isEqualTo("orders/eu/new");
        assertThat(written.timestamp()).isEqualTo(1_234);
    }

    @Test
    void whatIsUsualIsNotSaid() {
        ProducerRecord<byte[], byte[]> written = write(usual().build(), RecordFormat.BINARY);

        assertThat(written.headers())
                .extracting(Header::key)
                .filteredOn(name -> name.startsWith("mesh_"))
                .containsExactly("mesh_form");
        EventRecord read = RecordReader.read("orders", consumed(written));
        assertThat(read.topic()).isEqualTo(TopicName.of("orders"));
        assertThat(read.key()).isNull();
        assertThat(read.hops()).isZero();
    }

    @Test
    void everyCombinationOfBytesInTheFormIsReadOrRefused() {
        Random random = new Random(7);
        ProducerRecord<byte[], byte[]> record = write(usual().text("data").build(), RecordFormat.BINARY);
        for (int i = 0; i < 5_000; i++) {
            byte[] form = new byte[random.nextInt(10)];
            for (int at = 0; at < form.length; at++) {
                form[at] = (byte) "1TBNSsbiyurtx2".charAt(random.nextInt(14));
            }
            record.headers().remove(MeshHeaders.FORM).add(MeshHeaders.FORM, form);
            try {
                RecordReader.read("orders", consumed(record)).event().toByteArray();
            } catch (IllegalArgumentException | EventMeshException refused) {
                assertThat(refused.getMessage()).isNotEmpty();
            }
        }
    }

    static EventBuilder usual() {
        return Event.builder()
                .id("4711")
                .source("/shop")
                .type("order.created")
                .time(Instant.parse("2026-03-01T10:00:00.120Z"))
                .dataContentType("application/json")
                .dataSchema("https://example.org/order")
                .attribute("attempt", -3)
                .attribute("digest", new byte[] {1, 2, -1})
                .attribute("urgent", true)
                .attribute("note", "gr\u00fcn");
    }

    private static Event with(Event event, byte[] more) {
        byte[] bytes = Arrays.copyOf(event.toByteArray(), event.size() + more.length);
        System.arraycopy(more, 0, bytes, event.size(), more.length);
        return Event.scan(bytes);
    }

    /** As protobuf's own encoder writes it: numbers that are 0 are left out. */
    private static byte[] generated(Instant time) {
        CloudEvent.CloudEventAttributeValue value = CloudEvent.CloudEventAttributeValue.newBuilder()
                .setCeTimestamp(
                        Timestamp.newBuilder().setSeconds(time.getEpochSecond()).setNanos(time.getNano()))
                .build();
        return CloudEvent.newBuilder()
                .setId("1")
                .setSource("/s")
                .setSpecVersion("1.0")
                .setType("t")
                .putAttributes("time", value)
                .build()
                .toByteArray();
    }

    private static void assertComesBack(Event event, boolean binary) {
        ProducerRecord<byte[], byte[]> record = write(event, RecordFormat.BINARY);

        assertThat(ByteString.copyFrom(read(record).toByteArray())).isEqualTo(ByteString.copyFrom(event.toByteArray()));
        assertThat(header(record, "ce_id") != null).as(event.toString()).isEqualTo(binary);
    }

    static ProducerRecord<byte[], byte[]> write(Event event, RecordFormat format) {
        EventRecord record = new EventRecord(TopicName.of("orders"), null, 0, 0, null, null, null, 0, event);
        return RecordForm.write(ORDERS, 0, record, format);
    }

    private static Event read(ProducerRecord<byte[], byte[]> record) {
        return RecordReader.read("orders", consumed(record)).event();
    }

    static ConsumerRecord<byte[], byte[]> consumed(ProducerRecord<byte[], byte[]> record) {
        return new ConsumerRecord<>(
                record.topic(),
                0,
                0,
                record.timestamp() == null ? 0 : record.timestamp(),
                TimestampType.CREATE_TIME,
                0,
                0,
                record.key(),
                record.value(),
                record.headers(),
                Optional.empty());
    }

    static @Nullable String header(ProducerRecord<byte[], byte[]> record, String name) {
        Header header = record.headers().lastHeader(name);
        return header == null ? null : new String(header.value(), UTF_8);
    }
}
