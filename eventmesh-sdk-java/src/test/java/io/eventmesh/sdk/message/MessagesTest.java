package io.eventmesh.sdk.message;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.spi.event.CloudEvents;
import io.eventmesh.spi.event.DataKind;
import io.eventmesh.spi.event.Event;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class MessagesTest {
    private static final List<String> NAMES = List.of(
            "trace_Id",
            "traceid",
            "TraceId",
            "req-time",
            "id",
            "type",
            "subject",
            "seqnum",
            "uniqueid",
            "partitionkey",
            "time",
            "expirytime",
            "meshreplyto",
            "MESHfoo",
            "dlreason",
            "eventmeshnames",
            "protocoltype",
            "ttl",
            "tag",
            "msgkey",
            "",
            "名前",
            "a".repeat(300),
            "a".repeat(64),
            "plain");

    private static Map<String, String> properties(SplittableRandom random) {
        Map<String, String> properties = new HashMap<>();
        for (int i = random.nextInt(8); i > 0; i--) {
            String name = NAMES.get(random.nextInt(NAMES.size()));
            properties.put(name, random.nextInt(4) == 0 ? "" : "välue \"" + random.nextInt(100) + "\"\n");
        }
        return properties;
    }

    private static boolean chance(SplittableRandom random) {
        return random.nextInt(2) == 0;
    }

    @Test
    void everyEventMeshMessageComesBackAsItWas() {
        SplittableRandom random = new SplittableRandom(11);
        for (int round = 0; round < 2_000; round++) {
            Map<String, String> properties = properties(random);
            if (chance(random)) {
                properties.put("datacontenttype", chance(random) ? "application/json" : "application/x-own");
            }
            String uniqueId = "u" + round;
            EventMeshMessage message = new EventMeshMessage(
                    "orders", "content ü " + round, properties, chance(random) ? "b" : null, uniqueId);

            Event event = message.toEvent().requirePublishable();

            assertThat(EventMeshMessage.of("orders", Event.scan(event.toByteArray())))
                    .as("round %d", round)
                    .isEqualTo(message);
        }
    }

    @Test
    void everyOpenMessageComesBackAsItWas() {
        SplittableRandom random = new SplittableRandom(12);
        for (int round = 0; round < 2_000; round++) {
            byte[] body = new byte[random.nextInt(1, 50)];
            random.nextBytes(body);
            OpenMessage message = new OpenMessage(
                    "orders",
                    body,
                    properties(random),
                    chance(random) ? "red" : null,
                    chance(random) ? "k" : null,
                    chance(random) ? "customer-1" : null,
                    "m" + round);

            Event event = message.toEvent().requirePublishable();

            assertThat(OpenMessage.of("orders", Event.scan(event.toByteArray())))
                    .as("round %d", round)
                    .isEqualTo(message);
            assertThat(event.partitionKey()).isEqualTo(message.shardingKey());
        }
    }

    @Test
    void anEventMeshMessageIsTheEventThatItsOwnSdkMakes() {
        Event event = new EventMeshMessage("orders", "hello", Map.of("ttl", "4000"), "7", "9").toEvent();

        assertThat(event.id()).isEqualTo("9");
        assertThat(event.source()).isEqualTo("/");
        assertThat(event.type()).isEqualTo("org.apache.eventmesh");
        assertThat(event.dataContentType()).isEqualTo("text/plain");
        assertThat(event.dataKind()).isEqualTo(DataKind.TEXT);
        assertThat(event.attribute("protocoltype")).isEqualTo("eventmeshmessage");
        assertThat(event.attribute("seqnum")).isEqualTo("7");
        assertThat(event.attribute("uniqueid")).isEqualTo("9");
        assertThat(event.attribute("ttl")).isEqualTo("4000");
        assertThat(new EventMeshMessage("orders", "hello").toEvent().id()).isNotEmpty();
    }

    @Test
    void aForeignEventGoesThroughBothFormsAndKeepsWhatItWas() {
        Event foreign = Event.builder()
                .id("1")
                .source("https://shop/")
                .type("order.created")
                .dataContentType("application/json")
                .attribute("partitionkey", "c")
                .attribute("total", 7)
                .text("{}")
                .build();

        Event byMessage = EventMeshMessage.of("orders", foreign).toEvent().requirePublishable();
        Event byOpenMessage = OpenMessage.of("orders", foreign).toEvent().requirePublishable();

        for (Event back : List.of(byMessage, byOpenMessage)) {
            assertThat(back.id()).isEqualTo("1");
            assertThat(back.source()).isEqualTo("https://shop/");
            assertThat(back.type()).isEqualTo("order.created");
            assertThat(back.dataContentType()).isEqualTo("application/json");
            assertThat(back.dataKind()).isEqualTo(DataKind.TEXT);
            assertThat(back.data()).isEqualTo(foreign.data());
            assertThat(back.partitionKey()).isEqualTo("c");
            assertThat(back.attribute("total")).isEqualTo("7");
            assertThat(CloudEvents.toCloudEvent(back).getId()).isEqualTo("1");
        }
    }

    @Test
    void dataThatAreNoTextFitAnOpenMessageOnly() {
        Event binary = Event.builder()
                .id("1")
                .source("/t")
                .type("t")
                .data(new byte[] {(byte) 0xff, 0})
                .build();

        assertThat(catchThrowableOfType(EventMeshException.class, () -> EventMeshMessage.of("orders", binary))
                        .code())
                .isEqualTo(ErrorCode.EVENT_INVALID);
        assertThat(OpenMessage.of("orders", binary).body()).isEqualTo(new byte[] {(byte) 0xff, 0});
    }

    @Test
    void anAttributeOfSomebodyElseUnderTheNameOfTheOriginalsDoesNoHarm() {
        for (String odd : List.of("no json", "[1]", "{\"a\": 1}", "{\"a\"")) {
            Event event = Event.builder()
                    .id("1")
                    .source("/t")
                    .type("t")
                    .attribute("eventmeshnames", odd)
                    .attribute("a", "b")
                    .text("x")
                    .build();

            assertThat(EventMeshMessage.of("orders", event).properties()).containsEntry("a", "b");
        }
    }
}
