package io.eventmesh.spi.event;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import com.google.protobuf.Timestamp;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.proto.cloudevents.CloudEvent;
import io.eventmesh.proto.cloudevents.CloudEvent.CloudEventAttributeValue;
import java.net.URI;
import java.time.Instant;
import java.time.OffsetDateTime;
import org.junit.jupiter.api.Test;

class EventBuilderTest {
    private static final OffsetDateTime TIME = OffsetDateTime.parse("2024-02-29T14:00:00.5+02:00");

    @Test
    void theBytesAreThoseOfTheProtobufMessage() {
        Timestamp timestamp = Timestamp.newBuilder()
                .setSeconds(TIME.toEpochSecond())
                .setNanos(500_000_000)
                .build();

        Event event = Event.builder()
                .id("1")
                .source("/shop")
                .type("order.created")
                .subject("s")
                .time(TIME)
                .dataSchema("https://example.org/schema")
                .attribute("bool", false)
                .attribute("int", Integer.MIN_VALUE)
                .attribute("bytes", new byte[0])
                .uriRef("ref", "../a")
                .timestamp("expirytime", Instant.EPOCH)
                .text("grüße")
                .build();

        assertThat(event.parse())
                .isEqualTo(CloudEvent.newBuilder()
                        .setId("1")
                        .setSource("/shop")
                        .setSpecVersion("1.0")
                        .setType("order.created")
                        .putAttributes("subject", value().setCeString("s").build())
                        .putAttributes("time", value().setCeTimestamp(timestamp).build())
                        .putAttributes(
                                "dataschema",
                                value().setCeUri("https://example.org/schema").build())
                        .putAttributes("bool", value().setCeBoolean(false).build())
                        .putAttributes(
                                "int", value().setCeInteger(Integer.MIN_VALUE).build())
                        .putAttributes(
                                "bytes", value().setCeBytes(ByteString.EMPTY).build())
                        .putAttributes("ref", value().setCeUriRef("../a").build())
                        .putAttributes(
                                "expirytime",
                                value().setCeTimestamp(Timestamp.getDefaultInstance())
                                        .build())
                        .setTextData("grüße")
                        .build());
    }

    @Test
    void whatIsSetTwiceKeepsTheLaterValue() {
        Any first = Any.newBuilder().setTypeUrl("a").build();
        Any second = Any.newBuilder().setValue(ByteString.copyFromUtf8("b")).build();

        Event event = Event.builder()
                .id("1")
                .id("2")
                .attribute("a", "x")
                .attribute("a", 5)
                .protoData(first)
                .protoData(second)
                .build();

        assertThat(event.id()).isEqualTo("2");
        assertThat(event.attribute("a")).isEqualTo("5");
        assertThat(event.parse().getProtoData()).isEqualTo(second);
        assertThat(event.parse().getSerializedSize()).isEqualTo(event.size());
    }

    @Test
    void theBuilderOfAnEventBeginsWithAllOfIt() {
        EventBuilder given = Event.builder()
                .id("1")
                .source("/s")
                .type("t")
                .time(TIME)
                .attribute("flag", true)
                .uri("dataschema", "urn:a");
        Any message = Any.newBuilder().setTypeUrl("a").build();

        assertThat(given.build().toBuilder().build().parse())
                .isEqualTo(given.build().parse());
        assertThat(given.text("x").build().toBuilder().build().parse())
                .isEqualTo(given.build().parse());
        assertThat(given.data(new byte[] {1}).build().toBuilder()
                        .id("2")
                        .build()
                        .parse())
                .isEqualTo(given.id("2").build().parse());
        assertThat(given.protoData(message).build().toBuilder().build().parse())
                .isEqualTo(given.build().parse());
    }

    @Test
    void emptyDataIsNotNoData() {
        assertThat(Event.builder().build().dataKind()).isEqualTo(DataKind.NONE);
        assertThat(Event.builder().data(new byte[0]).build().dataKind()).isEqualTo(DataKind.BINARY);
        assertThat(Event.builder().text("").build().dataKind()).isEqualTo(DataKind.TEXT);
        assertThat(Event.builder().protoData(Any.getDefaultInstance()).build().dataKind())
                .isEqualTo(DataKind.PROTO);
    }

    @Test
    void dataWithItsContentTypeTakesTheFittingForm() {
        byte[] json = "{}".getBytes(UTF_8);

        assertThat(Event.builder().data("application/json", json).build().dataKind())
                .isEqualTo(DataKind.TEXT);
        assertThat(Event.builder().data("image/png", json).build().dataKind()).isEqualTo(DataKind.BINARY);
        assertThat(Event.builder().data(null, json).build().dataContentType()).isNull();
        assertThat(Event.builder().data("image/png", json).build().dataContentType())
                .isEqualTo("image/png");
    }

    @Test
    void aUriOfJavaTakesTheFittingType() {
        Event event = Event.builder()
                .attribute("absolute", URI.create("urn:a"))
                .attribute("relative", URI.create("a"))
                .build();

        assertThat(event.parse().getAttributesOrThrow("absolute").hasCeUri()).isTrue();
        assertThat(event.parse().getAttributesOrThrow("relative").hasCeUriRef()).isTrue();
    }

    @Test
    void textThatIsNotUtf8IsRefused() {
        EventBuilder builder = Event.builder().text(new byte[] {(byte) 0xFF});

        assertThatThrownBy(builder::build).isInstanceOf(EventMeshException.class);
        assertThatThrownBy(() -> builder.text("\uDC00x")).isInstanceOf(EventMeshException.class);
        assertThatThrownBy(() -> builder.id("\uD83C")).isInstanceOf(EventMeshException.class);
    }

    @Test
    void theBuilderCanGoOnAfterAnEventWasBuilt() {
        EventBuilder builder = Event.builder().id("1").text("x");

        Event first = builder.build();
        Event second = builder.id("2").build();

        assertThat(first.id()).isEqualTo("1");
        assertThat(second.id()).isEqualTo("2");
        assertThat(second.data()).asString().isEqualTo("x");
    }

    @Test
    void anEventOfAnySizeIsTheSameAfterParsing() {
        for (int length : new int[] {0, 1, 63, 64, 125, 126, 127, 128, 129, 16_383, 16_384, 100_000}) {
            String text = "x".repeat(length);
            Event event = Event.builder()
                    .attribute("a", text)
                    .attribute("b", text.getBytes(UTF_8))
                    .text(text)
                    .build();

            assertThat(event.attribute("a")).hasSize(length);
            assertThat(event.parse().getAttributesOrThrow("a").getCeString()).hasSize(length);
            assertThat(event.parse().getAttributesOrThrow("b").getCeBytes().size())
                    .isEqualTo(length);
            assertThat(event.parse().getSerializedSize()).isEqualTo(event.size());
        }
    }

    private static CloudEventAttributeValue.Builder value() {
        return CloudEventAttributeValue.newBuilder();
    }
}
