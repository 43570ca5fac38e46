package io.eventmesh.function;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventmesh.function.pattern.IndexedRuleFilters;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.function.EventView;
import java.util.Map;
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
    void numbersStayAsTheyWereWritten() {
        var root = JsonEvent.of(
                        Samples.json("{\"a\":1.10,\"b\":1e400,\"c\":0.30000000000000004,\"d\":12345678901234567890}"))
                .root();

        assertThat(root.get("data").toString())
                .isEqualTo("{\"a\":1.10,\"b\":1E+400,\"c\":0.30000000000000004,\"d\":12345678901234567890}");
    }

    @Test
    void whyAPayloadIsNotVisibleIsSaid() {
        assertThat(JsonEvent.of(Samples.json("{}")).invisible()).isNull();
        assertThat(JsonEvent.of(Samples.json("{secret")).invisible())
                .isEqualTo("the payload is not JSON at line 1, column 2");
        assertThat(JsonEvent.of(Samples.json("[".repeat(101))).invisible())
                .contains("over a bound", "nesting depth (101)");
        assertThat(JsonEvent.of(Samples.json("1e99999999999")).invisible()).contains("over a bound", "exponent");
        assertThat(JsonEvent.of(Samples.json("1".repeat(1001))).invisible()).contains("over a bound", "length (1001)");
        assertThat(JsonEvent.of(Samples.json("")).invisible()).isEqualTo("the payload is empty");
    }

    @Test
    void filtersOnAttributesAloneDoNotReadThePayload() {
        var filters = new IndexedRuleFilters();
        var index = filters.index(Map.of(
                "pattern", filters.compile("{\"type\":[{\"prefix\":\"order\"}],\"priority\":[7]}", ""),
                "dialects", filters.compile("", "[{\"exact\":{\"region\":\"eu\"}}]"),
                "elsewhere", filters.compile("{\"type\":[\"payment\"],\"data\":{\"a\":[1]}}", "")));
        EventView event = Samples.json("{\"a\":1}");

        assertThat(index.matches(event)).containsExactlyInAnyOrder("pattern", "dialects");
        assertThat(JsonEvent.of(event).isRead()).isFalse();
    }

    @Test
    void theJsonFormIsMadeOnceForAView() {
        EventView view = Samples.json("{}");

        assertThat(JsonEvent.of(view)).isSameAs(JsonEvent.of(view));
    }
}
