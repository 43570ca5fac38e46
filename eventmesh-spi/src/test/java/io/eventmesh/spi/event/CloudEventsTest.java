package io.eventmesh.spi.event;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Timestamp;
import io.cloudevents.CloudEvent;
import io.cloudevents.CloudEventData;
import io.cloudevents.core.builder.CloudEventBuilder;
import io.eventmesh.common.error.EventMeshException;
import java.math.BigDecimal;
import java.net.URI;
import java.time.OffsetDateTime;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class CloudEventsTest {
    private static final int CASES = 20_000;

    @Test
    void everyEventSurvivesEveryConversion() {
        long seed = Seed.next();
        int cases = Seed.count(CASES);
        for (long i = seed; i != seed + cases; i++) {
            try {
                survives(new RandomEvents(i).next());
            } catch (Exception | AssertionError e) {
                throw Seed.failed(i, e);
            }
        }
        System.out.printf("%,d events survive every conversion; seed %d%n", cases, seed);
    }

    private static void survives(Event event) throws InvalidProtocolBufferException {
        ProtobufView.assertSame(event.requirePublishable(), event.parse());
        assertThat(Event.scan(event.parse().toByteArray()).parse()).isEqualTo(event.parse());

        CloudEvent cloudEvent = CloudEvents.toCloudEvent(event);
        Event back = CloudEvents.fromCloudEvent(cloudEvent);
        assertThat(back.parse()).isEqualTo(event.parse());
        sameContent(CloudEvents.toCloudEvent(back), cloudEvent);
    }

    /** The SDK's own equality holds an attribute's bytes for another array only. */
    private static void sameContent(CloudEvent actual, CloudEvent expected) {
        assertThat(actual.getAttributeNames()).isEqualTo(expected.getAttributeNames());
        for (String name : expected.getAttributeNames()) {
            assertThat(actual.getAttribute(name)).as(name).isEqualTo(expected.getAttribute(name));
        }
        assertThat(actual.getExtensionNames()).isEqualTo(expected.getExtensionNames());
        for (String name : expected.getExtensionNames()) {
            assertThat(actual.getExtension(name)).as(name).isEqualTo(expected.getExtension(name));
        }
        assertThat(actual.getData()).isEqualTo(expected.getData());
    }

    @Test
    void aCloudEventOfTheSdkComesBackEqual() {
        CloudEvent event = cloudEvent()
                .withSubject("orders/eu")
                .withTime(OffsetDateTime.parse("2024-02-29T12:00:00Z"))
                .withDataSchema(URI.create("https://example.org/schema"))
                .withExtension("bool", true)
                .withExtension("int", 5)
                .withExtension("string", "grüße")
                .withExtension("uri", URI.create("../x"))
                .withExtension("timestamp", OffsetDateTime.parse("2024-02-29T12:00:00.5Z"))
                .withData("application/json", "{}".getBytes(UTF_8))
                .build();

        Event converted = CloudEvents.fromCloudEvent(event);

        assertThat(CloudEvents.toCloudEvent(converted)).isEqualTo(event);
        assertThat(converted.dataKind()).isEqualTo(DataKind.TEXT);
    }

    @Test
    void anOffsetBecomesUtcAndTheInstantStays() {
        CloudEvent event = cloudEvent()
                .withTime(OffsetDateTime.parse("2024-02-29T12:00:00+02:00"))
                .build();

        Event converted = CloudEvents.fromCloudEvent(event);

        assertThat(converted.attribute("time")).isEqualTo("2024-02-29T10:00:00Z");
    }

    @Test
    void aTimeThatWasSentAsTextIsATimeOfTheSdk() {
        Event event = event().attribute("time", "2024-02-29T12:00:00+02:00").build();

        assertThat(CloudEvents.toCloudEvent(event).getTime())
                .isEqualTo(OffsetDateTime.parse("2024-02-29T12:00:00+02:00"));
    }

    @Test
    void bytesOfATextLikeTypeBecomeTextOnlyIfTheyAreUtf8() {
        byte[] latin1 = {(byte) 0xFC};

        assertThat(kindOf("text/plain", "ü".getBytes(UTF_8))).isEqualTo(DataKind.TEXT);
        assertThat(kindOf("text/plain", latin1)).isEqualTo(DataKind.BINARY);
        assertThat(kindOf("image/png", "ü".getBytes(UTF_8))).isEqualTo(DataKind.BINARY);
        assertThat(kindOf(null, "ü".getBytes(UTF_8))).isEqualTo(DataKind.BINARY);
        assertThat(kindOf("text/plain", new byte[0])).isEqualTo(DataKind.TEXT);
        assertThat(kindOf("text/plain", null)).isEqualTo(DataKind.NONE);
    }

    @Test
    void dataOfAnUnexpectedFormKeepsItThroughTheSdk() {
        Event text = event().dataContentType("image/png").text("x").build();
        Event binary =
                event().dataContentType("text/plain").data("x".getBytes(UTF_8)).build();

        CloudEvent changed = CloudEventBuilder.from(CloudEvents.toCloudEvent(text))
                .withExtension("more", "x")
                .build();

        assertThat(CloudEvents.fromCloudEvent(changed).dataKind()).isEqualTo(DataKind.TEXT);
        assertThat(CloudEvents.fromCloudEvent(CloudEvents.toCloudEvent(binary)).dataKind())
                .isEqualTo(DataKind.BINARY);
        assertThat(CloudEvents.toCloudEvent(text)).isEqualTo(CloudEvents.toCloudEvent(text));
    }

    @Test
    void aMessageTravelsAsProtobufData() throws InvalidProtocolBufferException {
        Timestamp message = Timestamp.newBuilder().setSeconds(5).build();
        CloudEvent event = cloudEvent()
                .withData("application/protobuf", ProtoData.of(message))
                .build();

        Event converted = CloudEvents.fromCloudEvent(event);
        CloudEventData data = CloudEvents.toCloudEvent(converted).getData();

        assertThat(converted.dataKind()).isEqualTo(DataKind.PROTO);
        assertThat(data).isEqualTo(ProtoData.of(Any.pack(message)));
        assertThat(converted.parse().getProtoData().unpack(Timestamp.class)).isEqualTo(message);
        assertThat(converted.data()).isEqualTo(Any.pack(message).toByteArray());
    }

    @Test
    void numbersThatAreNoIntegersTravelAsText() {
        CloudEvent event = cloudEvent()
                .withExtension("long", 5_000_000_000L)
                .withExtension("small", 7L)
                .withExtension("decimal", new BigDecimal("1.50"))
                .build();

        Event converted = CloudEvents.fromCloudEvent(event);

        assertThat(converted.attribute("long")).isEqualTo("5000000000");
        assertThat(converted.parse().getAttributesOrThrow("small").getCeInteger())
                .isEqualTo(7);
        assertThat(converted.attribute("decimal")).isEqualTo("1.50");
    }

    @Test
    void anOldCloudEventBecomesOneOfTheCurrentVersion() {
        CloudEvent old = CloudEventBuilder.v03()
                .withId("1")
                .withSource(URI.create("/a"))
                .withType("t")
                .withDataSchema(URI.create("https://example.org/s"))
                .build();

        Event converted = CloudEvents.fromCloudEvent(old);

        assertThat(converted.specVersion()).isEqualTo("1.0");
        assertThat(converted.attribute("dataschema")).isEqualTo("https://example.org/s");
    }

    @Test
    void whatTheSdkCannotHoldIsRefused() {
        refused(event().specVersion("0.3"), "specversion: '0.3' (expected: 1.0)");
        refused(event().source("a b"), "source: 'a b' (expected: a URI-reference)");
        refused(event().attribute("Name", "x"), "attribute name: 'Name' (expected: a-z and 0-9 only)");
        refused(
                event().attribute("id", "x"),
                "attribute name: 'id' (expected: the event's own field for it, not an attribute)");
        refused(event().attribute("time", "x"), "attribute time: 'x' (expected: an RFC 3339 timestamp)");
        refused(event().attribute("subject", 5), "attribute subject: '5' (expected: a string)");
        refused(event().uri("ref", "a b"), "attribute ref: 'a b' (expected: a URI-reference)");
    }

    @Test
    void theLastOfARepeatedAttributeIsTheOneConverted() {
        Event event = event().attribute("a", 5).build().with(Map.of("a", "x"));

        assertThat(CloudEvents.toCloudEvent(event).getExtension("a")).isEqualTo("x");
    }

    private static DataKind kindOf(@Nullable String contentType, byte @Nullable [] data) {
        CloudEventBuilder builder = cloudEvent();
        if (contentType != null) {
            builder.withDataContentType(contentType);
        }
        if (data != null) {
            builder.withData(data);
        }
        return CloudEvents.fromCloudEvent(builder.build()).dataKind();
    }

    private static CloudEventBuilder cloudEvent() {
        return CloudEventBuilder.v1().withId("1").withSource(URI.create("/a")).withType("t");
    }

    private static EventBuilder event() {
        return Event.builder().id("1").source("/a").type("t");
    }

    private static void refused(EventBuilder builder, String message) {
        Event event = builder.build();
        assertThatThrownBy(() -> CloudEvents.toCloudEvent(event))
                .isInstanceOf(EventMeshException.class)
                .hasMessage(message);
    }
}
