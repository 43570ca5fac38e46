package io.eventmesh.spi.event;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DataKindTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "text/plain",
                "TEXT/HTML",
                "text/plain; charset=utf-8",
                "application/json",
                "Application/JSON;x=y",
                "application/xml",
                "application/cloudevents+json",
                "image/svg+xml"
            })
    void textLikeContentIsText(String contentType) {
        assertThat(DataKind.of(contentType, "ü".getBytes(UTF_8))).isEqualTo(DataKind.TEXT);
        assertThat(DataKind.of(contentType, new byte[] {-1})).isEqualTo(DataKind.BINARY);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "application/octet-stream", "application/jsonx", "texts/plain", "json", "x; y=+json"})
    void otherContentIsBinary(String contentType) {
        assertThat(DataKind.of(contentType, new byte[0])).isEqualTo(DataKind.BINARY);
    }

    @Test
    void unknownContentIsBinary() {
        assertThat(DataKind.of(null, new byte[0])).isEqualTo(DataKind.BINARY);
    }
}
