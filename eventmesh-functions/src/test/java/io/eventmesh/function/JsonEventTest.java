package io.eventmesh.function;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.function.EventView;
import org.junit.jupiter.api.Test;

class JsonEventTest {
    @Test
    void attributesStandAtTheTopLevelWithTheirTypesAndThePayloadUnderData() {
        var root = JsonEvent.of(Samples.json("{\"total\": 12}")).root();

        assertThat(root.toString())
                .contains("\"type\":\"order.created\"", "\"priority\":7", "\"express\":true", "\"region\":\"eu\"")
                .contains("\"data\":{\"total\":12}");
    }

    @Test
    void aPayloadThatIsNotJsonIsNotVisible() {
        Event text = Event.builder()
                .id("1")
                .source("/s")
                .type("t")
                .dataContentType("text/plain")
                .text("{}")
                .build();

        assertThat(JsonEvent.of(Samples.view(text)).root().has("data")).isFalse();
        assertThat(JsonEvent.of(Samples.json("{not json")).root().has("data")).isFalse();
        assertThat(JsonEvent.of(Samples.json("[".repeat(200) + "]".repeat(200)))
                        .root()
                        .has("data"))
                .isFalse();
    }

    @Test
    void anAttributeCalledDataDoesNotStandInForThePayload() {
        Event event = Event.builder()
                .id("1")
                .source("/s")
                .type("t")
                .attribute("data", "x")
                .build();

        assertThat(JsonEvent.of(Samples.view(event)).root().has("data")).isFalse();
    }

    @Test
    void theJsonFormIsMadeOnceForAView() {
        EventView view = Samples.json("{}");

        assertThat(JsonEvent.of(view)).isSameAs(JsonEvent.of(view));
    }
}
