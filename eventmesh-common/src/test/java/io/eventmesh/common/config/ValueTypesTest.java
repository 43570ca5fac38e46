package io.eventmesh.common.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ValueTypesTest {
    @ParameterizedTest
    @CsvSource({
        "0,0",
        "100B,100",
        "4MiB,4194304",
        "4 mb,4194304",
        "512 KiB,524288",
        "1g,1073741824",
        "2TiB,2199023255552"
    })
    void aSizeIsReadInBinaryUnits(String text, long bytes) {
        assertThat(DataSize.parse(text).bytes()).isEqualTo(bytes);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "MiB", "-1", "1.5MiB", "4 pies", "999999999999999TiB"})
    void whatIsNoSizeIsRefused(String text) {
        assertThatThrownBy(() -> DataSize.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("'" + text + "' (expected: a size such as 4MiB)");
    }

    @Test
    void aSizeIsWrittenInTheLargestWholeUnit() {
        assertThat(DataSize.ofMebibytes(4)).hasToString("4MiB");
        assertThat(new DataSize(1_536)).hasToString("1536B");
        assertThat(new DataSize(0)).hasToString("0B");
        assertThat(DataSize.ofKibibytes(1_024)).hasToString("1MiB").isEqualByComparingTo(DataSize.ofMebibytes(1));
        assertThat(DataSize.parse("8GiB").intBytes()).isEqualTo(Integer.MAX_VALUE);
        assertThatThrownBy(() -> new DataSize(-1)).hasMessage("data size: -1 (expected: 0 or more)");
    }

    @ParameterizedTest
    @CsvSource({
        "30s,PT30S",
        "500ms,PT0.5S",
        "1m30s,PT1M30S",
        "7d,PT168H",
        "2h,PT2H",
        "PT30S,PT30S",
        "10us,PT0.00001S",
        "0s,PT0S"
    })
    void aDurationIsReadInBothSpellings(String text, Duration duration) {
        assertThat(DurationText.parse(text)).isEqualTo(duration);
        assertThat(DurationText.parse(DurationText.format(duration))).isEqualTo(duration);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "30", "s", "1 minute", "5x", "999999999999999d"})
    void whatIsNoDurationIsRefused(String text) {
        assertThatThrownBy(() -> DurationText.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'" + text + "' (expected: a duration such as 30s");
    }

    @Test
    void aDurationIsWrittenInOneUnit() {
        assertThat(DurationText.format(Duration.ofSeconds(90))).isEqualTo("90s");
        assertThat(DurationText.format(Duration.ofMinutes(2))).isEqualTo("2m");
        assertThat(DurationText.format(Duration.ofMillis(1_500))).isEqualTo("1500ms");
        assertThat(DurationText.format(Duration.ZERO)).isEqualTo("0s");
        assertThat(DurationText.format(Duration.ofSeconds(-1))).isEqualTo("PT-1S");
    }

    @Test
    void aSecretShowsItselfToNobodyWhoDoesNotAsk() {
        Secret secret = Secret.of("s3cret");

        assertThat(secret).hasToString("***").isEqualTo(Secret.of("s3cret")).isNotEqualTo(Secret.of("other"));
        assertThat(secret.hashCode()).isEqualTo(Secret.of("other").hashCode());
        assertThat(secret.reveal()).isEqualTo("s3cret");
        assertThat(secret.isPresent()).isTrue();
        assertThat(Secret.of("")).isSameAs(Secret.none());
        assertThat(Secret.none().isPresent()).isFalse();
    }

    @Test
    void eachCheckNamesKeyValueAndExpectation() {
        assertThatThrownBy(() -> Check.range("n", 11, 1, 10)).hasMessage("n: 11 (expected: 1..10)");
        assertThatThrownBy(() -> Check.positive("n", 0)).hasMessage("n: 0 (expected: > 0)");
        assertThatThrownBy(() -> Check.positive("d", Duration.ZERO)).hasMessage("d: PT0S (expected: longer than 0)");
        assertThatThrownBy(() -> Check.positive("s", new DataSize(0))).hasMessage("s: 0B (expected: more than 0 B)");
        assertThatThrownBy(() -> Check.notNegative("d", Duration.ofSeconds(-1)))
                .hasMessage("d: PT-1S (expected: 0 or longer)");
        assertThatThrownBy(() -> Check.notBlank("t", " ")).hasMessage("t: ' ' (expected: not blank)");
        assertThatThrownBy(() -> Check.port("p", 65_536))
                .isInstanceOfSatisfying(InvalidValueException.class, refusal -> {
                    assertThat(refusal.key()).isEqualTo("p");
                    assertThat(refusal.problem()).isEqualTo("65536 (expected: 0..65535)");
                });
        assertThatCode(() -> {
                    Check.range("n", 1, 1, 10);
                    Check.range("n", 10, 1, 10);
                    Check.port("p", 0);
                    Check.port("p", 65_535);
                    Check.notNegative("d", Duration.ZERO);
                    Check.positive("n", 1);
                })
                .doesNotThrowAnyException();
    }
}
