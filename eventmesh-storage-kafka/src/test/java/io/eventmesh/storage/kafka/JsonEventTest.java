package io.eventmesh.storage.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.spi.event.DataKind;
import io.eventmesh.spi.event.Event;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonEventTest {
    private static final String HEAD = "\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"/s\",\"type\":\"t\"";

    @Test
    void everyAttributeKeepsItsType() {
        Event event = read(
                "{%s,\"time\":\"2026-01-01T00:00:00Z\",\"n\":-5,\"b\":true,\"s\":\"\\u00fc\\n\\ud83d\\ude00\",\"none\":null}"
                        .formatted(HEAD));

        assertThat(event.id()).isEqualTo("1");
        assertThat(event.specVersion()).isEqualTo("1.0");
        assertThat(event.typedAttribute("n")).isEqualTo(-5);
        assertThat(event.typedAttribute("b")).isEqualTo(true);
        assertThat(event.attribute("s")).isEqualTo("\u00fc\n\ud83d\ude00");
        assertThat(event.attribute("time")).isEqualTo("2026-01-01T00:00:00Z");
        assertThat(event.attributeNames()).containsExactlyInAnyOrder("time", "n", "b", "s");
        assertThat(event.dataKind()).isEqualTo(DataKind.NONE);
    }

    @Test
    void dataThatIsJsonStaysTheTextThatItWas() {
        assertThat(data(",\"data\": {\"a\" : [1.50, {\"b\":\"}\\\"\"}, null ] } "))
                .isEqualTo("{\"a\" : [1.50, {\"b\":\"}\\\"\"}, null ] }");
        assertThat(data(",\"data\":\"text\"")).isEqualTo("\"text\"");
        assertThat(data(",\"datacontenttype\":\"application/json\",\"data\":1e3"))
                .isEqualTo("1e3");
    }

    @Test
    void dataOfAnotherTypeIsTheTextItself() {
        assertThat(data(",\"data\":\"a\\\"b\",\"datacontenttype\":\"text/plain\""))
                .isEqualTo("a\"b");
    }

    @Test
    void base64IsBinaryData() {
        Event event = read("{%s,\"data_base64\":\"AQL/\"}".formatted(HEAD));

        assertThat(event.dataKind()).isEqualTo(DataKind.BINARY);
        assertThat(event.data()).containsExactly(1, 2, -1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "[]",
                "{",
                "{}x",
                "{\"id\":}",
                "{\"id\":\"1\",}",
                "{\"id\" \"1\"}",
                "{\"n\":01}",
                "{\"n\":1.5}",
                "{\"n\":99999999999}",
                "{\"data\":[1,]}",
                "{\"data\":{\"a\"}}",
                "{\"data\":tru}",
                "{\"s\":\"\\x\"}",
                "{\"s\":\"\\u12\"}",
                "{\"s\":\"a\nb\"}",
                "{\"s\":\"\\ud83d\"}",
                "{\"time\":\"now\"}",
                "{\"data_base64\":\"%\"}",
                "{\"o\":{}}"
            })
    void whatIsNoEventInJsonIsRefused(String json) {
        assertThatThrownBy(() -> read(json)).isInstanceOfAny(IllegalArgumentException.class, EventMeshException.class);
    }

    @Test
    void deepNestingIsRefused() {
        assertThatThrownBy(() -> read("{\"data\":" + "[".repeat(100_000) + "}"))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void damagedTextIsReadOrRefused() {
        Random random = new Random(3);
        byte[] origin =
                "{%s,\"n\":-5,\"data\":{\"a\":[1,\"\\u00e4\"]}}".formatted(HEAD).getBytes(UTF_8);
        for (int i = 0; i < 20_000; i++) {
            byte[] damaged = origin.clone();
            damaged[random.nextInt(damaged.length)] = (byte) random.nextInt();
            try {
                new JsonEvent(damaged).read();
            } catch (IllegalArgumentException | EventMeshException refused) {
                assertThat(refused.getMessage()).isNotEmpty();
            }
        }
    }

    private static String data(String more) {
        Event event = read("{" + HEAD + more + "}");
        assertThat(event.dataKind()).isEqualTo(DataKind.TEXT);
        return new String(event.data(), UTF_8);
    }

    private static Event read(String json) {
        return new JsonEvent(json.getBytes(UTF_8)).read();
    }
}
