package io.eventmesh.spi.event;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.proto.cloudevents.CloudEvent.CloudEventAttributeValue;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class EventTest {
    private static final Event ORDER = Event.builder()
            .id("1")
            .source("/shop")
            .type("order.created")
            .subject("orders/eu/created")
            .attribute("partitionkey", "customer-7")
            .attribute("tries", 3)
            .data("application/json", "{}".getBytes(UTF_8))
            .build();

    @Test
    void anEventTellsWhatItHolds() {
        assertThat(ORDER.id()).isEqualTo("1");
        assertThat(ORDER.source()).isEqualTo("/shop");
        assertThat(ORDER.specVersion()).isEqualTo("1.0");
        assertThat(ORDER.type()).isEqualTo("order.created");
        assertThat(ORDER.subject()).isEqualTo("orders/eu/created");
        assertThat(ORDER.partitionKey()).isEqualTo("customer-7");
        assertThat(ORDER.dataContentType()).isEqualTo("application/json");
        assertThat(ORDER.attributeNames()).containsExactly("subject", "partitionkey", "tries", "datacontenttype");
        assertThat(ORDER.dataKind()).isEqualTo(DataKind.TEXT);
        assertThat(ORDER.data()).asString().isEqualTo("{}");
    }

    @Test
    void whatIsAbsentIsNull() {
        Event event = Event.builder().id("1").build();

        assertThat(event.subject()).isNull();
        assertThat(event.partitionKey()).isNull();
        assertThat(event.dataContentType()).isNull();
        assertThat(event.attribute("tries")).isNull();
    }

    @Test
    void aNumberAmongTextsIsToldFromOtherTexts() {
        Event event = Event.builder()
                .attribute("long", "0123456789")
                .attribute("mixed", "012345678x")
                .attribute("empty", "")
                .attribute("int", 1234567890)
                .build();

        assertThat(event.isDigits("long".getBytes(UTF_8), 10)).isTrue();
        assertThat(event.isDigits("long".getBytes(UTF_8), 11)).isFalse();
        assertThat(event.isDigits("mixed".getBytes(UTF_8), 1)).isFalse();
        assertThat(event.isDigits("empty".getBytes(UTF_8), 0)).isFalse();
        assertThat(event.isDigits("int".getBytes(UTF_8), 1)).isFalse();
        assertThat(event.isDigits("none".getBytes(UTF_8), 1)).isFalse();
    }

    @Test
    void everyAttributeTypeHasAStringForm() {
        Event event = Event.builder()
                .attribute("bool", true)
                .attribute("int", -42)
                .attribute("string", "grüße")
                .attribute("bytes", new byte[] {1, 2, (byte) 0xFF})
                .uri("uri", "https://example.org/a")
                .uriRef("uriref", "../b")
                .timestamp("timestamp", Instant.parse("2024-02-29T12:00:00.120Z"))
                .build();

        assertThat(event.attribute("bool")).isEqualTo("true");
        assertThat(event.attribute("int")).isEqualTo("-42");
        assertThat(event.attribute("string")).isEqualTo("grüße");
        assertThat(event.attribute("bytes")).isEqualTo("AQL/");
        assertThat(event.attribute("uri")).isEqualTo("https://example.org/a");
        assertThat(event.attribute("uriref")).isEqualTo("../b");
        assertThat(event.attribute("timestamp")).isEqualTo("2024-02-29T12:00:00.120Z");
        assertThat(event.typedAttribute("bool")).isEqualTo(true);
        assertThat(event.typedAttribute("int")).isEqualTo(-42);
        assertThat(event.typedAttribute("string")).isEqualTo("grüße");
        assertThat(event.typedAttribute("bytes")).isEqualTo("AQL/");
        assertThat(event.typedAttribute("timestamp")).isEqualTo("2024-02-29T12:00:00.120Z");
        assertThat(event.typedAttribute("none")).isNull();
    }

    @Test
    void theExpiryIsReadAsTextOrTimestampFromWhateverHoldsItLast() {
        Instant time = Instant.parse("2024-02-29T12:00:00.120Z");
        Event text = Event.builder()
                .attribute("expirytime", "2024-02-29T14:00:00.12+02:00")
                .build();

        assertThat(text.expiryMillis()).isEqualTo(time.toEpochMilli());
        assertThat(Event.scan(text.toByteArray()).expiryMillis()).isEqualTo(time.toEpochMilli());
        assertThat(Event.builder().timestamp("expirytime", time).build().expiryMillis())
                .isEqualTo(time.toEpochMilli());
        assertThat(ORDER.expiryMillis()).isEqualTo(Long.MAX_VALUE);
        assertThat(ORDER.with(Map.of("expirytime", time.toString())).expiryMillis())
                .isEqualTo(time.toEpochMilli());
        assertThat(text.with(Map.of("expirytime", "1970-01-01T00:00:01Z")).expiryMillis())
                .isEqualTo(1_000);
        assertThat(text.without(Set.of("expirytime")).expiryMillis()).isEqualTo(Long.MAX_VALUE);
        assertThat(ORDER.with(Map.of("expirytime", "soon", "otherofit0", "x")).expiryMillis())
                .isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void aTimestampThatCannotBeWrittenIsShownAsItsNumbers() {
        Event event = Event.builder()
                .timestamp("late", Instant.ofEpochSecond(253_402_300_800L, 5))
                .build();

        assertThat(event.attribute("late")).isEqualTo("253402300800/5");
    }

    @Test
    void aSubjectThatIsNoTextIsNone() {
        assertThat(Event.builder().attribute("subject", 5).build().subject()).isNull();
        assertThat(Event.builder().attribute("datacontenttype", true).build().dataContentType())
                .isNull();
    }

    @Test
    void aPartitionKeyOfAnyTypeIsItsText() {
        assertThat(Event.builder().attribute("partitionkey", 5).build().partitionKey())
                .isEqualTo("5");
    }

    @Test
    void everyWayOutGivesTheSameBytes() throws IOException {
        byte[] bytes = ORDER.toByteArray();

        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ORDER.writeTo(out);
        ByteBuffer buffer = ORDER.asReadOnlyBuffer();

        assertThat(ORDER.size()).isEqualTo(bytes.length);
        assertThat(out.toByteArray()).isEqualTo(bytes);
        assertThat(ORDER.newInputStream().readAllBytes()).isEqualTo(bytes);
        assertThat(ORDER.toByteString().toByteArray()).isEqualTo(bytes);
        assertThat(buffer.isReadOnly()).isTrue();
        assertThat(buffer).isEqualTo(ByteBuffer.wrap(bytes));
        assertThat(ORDER.parse().toByteArray()).hasSameSizeAs(bytes);
    }

    @Test
    void aCopyOfTheBytesIsTheCallersOwn() {
        byte[] copy = ORDER.toByteArray();
        copy[2] = 'z';

        assertThat(ORDER.id()).isEqualTo("1");
    }

    @Test
    void withAddsAttributesAndReplacesThoseOfTheSameName() {
        Event more = ORDER.with(Map.of("subject", "other", "new", "ä".repeat(100)));

        assertThat(more.subject()).isEqualTo("other");
        assertThat(more.attribute("new")).isEqualTo("ä".repeat(100));
        assertThat(more.partitionKey()).isEqualTo("customer-7");
        assertThat(more.asReadOnlyBuffer().slice(0, ORDER.size())).isEqualTo(ORDER.asReadOnlyBuffer());
        assertThat(more.parse().getAttributesOrThrow("subject"))
                .isEqualTo(CloudEventAttributeValue.newBuilder()
                        .setCeString("other")
                        .build());
        assertThat(ORDER.subject()).isEqualTo("orders/eu/created");
    }

    @Test
    void withNothingIsTheSameEvent() {
        assertThat(ORDER.with(Map.of())).isSameAs(ORDER);
    }

    @Test
    void withMoreAttributesThanMostEventsHave() {
        Map<String, String> many = new HashMap<>();
        for (int i = 0; i < 100; i++) {
            many.put("name" + i, "value" + i);
        }

        Event more = ORDER.with(many);

        assertThat(more.attributeNames()).hasSize(104);
        many.forEach((name, value) -> assertThat(more.attribute(name)).isEqualTo(value));
        assertThat(more.without(many.keySet()).toByteArray()).isEqualTo(ORDER.toByteArray());
    }

    @Test
    void withRefusesWhatHasNoUtf8Form() {
        assertThatThrownBy(() -> ORDER.with(Map.of("a", "x\uD800")))
                .isInstanceOf(EventMeshException.class)
                .hasMessage("attribute a: half a surrogate pair at character 1 (expected: well-formed Unicode)");
    }

    @Test
    void withoutCutsEveryEntryOfAName() {
        Event twice = ORDER.with(Map.of("tries", "4"));

        Event less = twice.without(Set.of("tries", "absent"));

        assertThat(less.attribute("tries")).isNull();
        assertThat(less.attributeNames()).containsExactly("subject", "partitionkey", "datacontenttype");
        assertThat(less.data()).asString().isEqualTo("{}");
        assertThat(less.parse())
                .isEqualTo(ORDER.parse().toBuilder().removeAttributes("tries").build());
    }

    @Test
    void withoutByNamesAndBeginningsOfNames() {
        Event dressed = ORDER.with(Map.of("meshreplyto", "x", "meshsubject", "y"));

        Event less = dressed.without(AttributeNames.of(Set.of("tries", "subject"), Set.of("mesh")));

        assertThat(less.attributeNames()).containsExactly("partitionkey", "datacontenttype");
        assertThat(less.toByteArray())
                .isEqualTo(dressed.without(name -> AttributeNames.of(Set.of("tries", "subject"), Set.of("mesh"))
                                .test(name))
                        .toByteArray());
    }

    @Test
    void withoutWhatIsNotThereIsTheSameEvent() {
        assertThat(ORDER.without(Set.of())).isSameAs(ORDER);
        assertThat(ORDER.without(Set.of("absent"))).isSameAs(ORDER);
        assertThat(ORDER.without(name -> false)).isSameAs(ORDER);
    }

    @Test
    void withoutKeepsUnknownFields() {
        byte[] unknown = {0x4A, 1, 'u'};
        byte[] bytes = new byte[ORDER.size() + unknown.length];
        System.arraycopy(unknown, 0, bytes, 0, unknown.length);
        System.arraycopy(ORDER.toByteArray(), 0, bytes, unknown.length, ORDER.size());

        Event less = Event.scan(bytes).without(ORDER.attributeNames());

        assertThat(less.asReadOnlyBuffer().slice(0, 3)).isEqualTo(ByteBuffer.wrap(unknown));
        assertThat(less.id()).isEqualTo("1");
        assertThat(less.data()).asString().isEqualTo("{}");
    }

    @Test
    void theTextForLogsNamesTheEventAndNotItsData() {
        assertThat(ORDER).hasToString("Event[source=/shop, id=1, type=order.created, size=%d]".formatted(ORDER.size()));
    }
}
