package io.eventmesh.storage.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.DateTimeException;
import java.time.Instant;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class UtcTimeTest {
    private static final long FIRST = Instant.parse("0001-01-01T00:00:00Z").getEpochSecond();
    private static final long LAST = Instant.parse("9999-12-31T23:59:59Z").getEpochSecond();

    @Test
    void itIsTheTextOfTheLibraryAndComesBack() {
        Random random = new Random(11);
        int[] nanos = {0, 1, 999_999_999, 1_000, 999_000, 1_000_000, 999_000_000, 123_456_000};
        for (int i = 0; i < 50_000; i++) {
            long seconds = i == 0 ? FIRST : i == 1 ? LAST : random.nextLong(FIRST, LAST + 1);
            Instant time = Instant.ofEpochSecond(
                    seconds, i % 2 == 0 ? nanos[random.nextInt(nanos.length)] : random.nextInt(1_000_000_000));

            byte[] text = UtcTime.write(time.getEpochSecond(), time.getNano());

            assertThat(new String(text, UTF_8)).isEqualTo(time.toString());
            assertThat(UtcTime.read(text)).isEqualTo(time);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"2026-01-01T00:00:00.1Z", "2026-01-01T00:00:00.12345Z", "2026-01-01T01:00:00+01:00"})
    void otherTextsOfATimeAreReadAsTheLibraryReadsThem(String text) {
        assertThat(UtcTime.read(text.getBytes(UTF_8))).isEqualTo(Instant.parse(text));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "Z",
                "2026-02-30T00:00:00Z",
                "2026-13-01T00:00:00Z",
                "2026-01-01T00:60:00Z",
                "2026-01-01 00:00:00Z",
                "2026-01-01T00:00:0xZ",
                "2026-01-01T00:00:00.1234567890Z",
                "x026-01-01T00:00:00Z"
            })
    void whatIsNoTimeIsRefused(String text) {
        assertThatThrownBy(() -> UtcTime.read(text.getBytes(UTF_8))).isInstanceOf(DateTimeException.class);
    }
}
