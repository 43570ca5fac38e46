package io.eventmesh.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.eventmesh.spi.event.Event;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What is written is read as the same event, in each mode. */
class RoundTripTest {
    private static final Event EVENT = Event.builder()
            .id("1 %")
            .source("/shop?q=a")
            .type("order.créé")
            .attribute("partitionkey", "k\"1\"")
            .dataContentType("application/json")
            .text("{\"price\":1.50,\"large\":12345678901234567890.12345678901234567890}")
            .build();

    private final EventReader reader = new EventReader();

    @Test
    void binary() {
        List<Map.Entry<String, String>> headers = new ArrayList<>();
        EventHeaders.of(EVENT, (name, value) -> headers.add(Map.entry(name.toUpperCase(Locale.ROOT), value)));

        assertThat(headers).allMatch(header -> header.getValue().chars().allMatch(c -> c > 0x20 && c < 0x7f));
        assertSame(reader.read(headers, "application/json", EVENT.data(), Event::builder));
    }

    @Test
    void structured() {
        byte[] json = EventJson.one(new EventJson.Shown(EVENT, Map.of()));

        assertSame(reader.read(List.of(), EventJson.STRUCTURED, json, Event::builder));
    }

    @Test
    void batch() {
        byte[] json = EventJson.one(new EventJson.Shown(EVENT, Map.of()));

        EventReader.Result read =
                reader.read(List.of(), EventJson.BATCH, EventJson.batch(List.of(json, json)), Event::builder);

        assertThat(read.isBatch()).isTrue();
        assertThat(read.events()).hasSize(2).allSatisfy(RoundTripTest::assertSame);
    }

    @Test
    void aPlainBodyIsTheDataOfTheEventThatTheCallerBegins() {
        EventReader.Result read = reader.read(
                List.of(Map.entry("Host", "x")),
                "text/plain",
                "hi".getBytes(UTF_8),
                () -> Event.builder().id("9").source("/me").type("t"));

        Event event = read.events().get(0);
        assertThat(event.id() + event.source() + event.type() + event.dataContentType())
                .isEqualTo("9/mettext/plain");
        assertThat(event.data()).isEqualTo("hi".getBytes(UTF_8));
    }

    private static void assertSame(EventReader.Result read) {
        assertThat(read.events()).hasSize(1);
        assertSame(read.events().get(0));
    }

    private static void assertSame(Event read) {
        assertThat(read.id()).isEqualTo(EVENT.id());
        assertThat(read.source()).isEqualTo(EVENT.source());
        assertThat(read.type()).isEqualTo(EVENT.type());
        assertThat(read.attribute("partitionkey")).isEqualTo("k\"1\"");
        assertThat(read.dataContentType()).isEqualTo("application/json");
        assertThat(new String(read.data(), UTF_8))
                .isEqualTo("{\"price\":1.50,\"large\":12345678901234567890.12345678901234567890}");
    }
}
