package io.eventmesh.runtime.connector;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

final class BreakerTest {
    private final Breaker breaker = new Breaker(0);

    @Test
    void opensWhenMoreThanHalfOfAHundredFailed() {
        letters(51);
        moved(48);
        assertThat(breaker.isOpen()).isFalse();

        letters(1);

        assertThat(breaker.isOpen()).isTrue();
        assertThat(breaker.why()).contains("52 of the last 100").contains("why 1");
    }

    @Test
    void halfIsNotMoreThanHalf() {
        for (int i = 0; i < 5_000; i++) {
            moved(1);
            letters(1);
        }

        assertThat(breaker.isOpen()).isFalse();
    }

    @Test
    void looksAtTheLastThousandOnly() {
        moved(100_000);
        letters(500);
        assertThat(breaker.isOpen()).isFalse();

        letters(1);

        assertThat(breaker.isOpen()).isTrue();
    }

    @Test
    void opensWhenTooManyFailWithinAMinute() {
        Breaker counting = new Breaker(3);
        long minute = Duration.ofMinutes(1).toNanos();

        for (int i = 0; i < 3; i++) {
            counting.deadLetter(i, "x");
        }
        counting.deadLetter(minute, "x");
        assertThat(counting.isOpen()).isFalse();
        for (int i = 1; i <= 3; i++) {
            counting.deadLetter(minute + i, "x");
        }

        assertThat(counting.isOpen()).isTrue();
        assertThat(counting.why()).contains("4 dead letters within a minute (expected: <= 3)");
    }

    @Test
    void forgetsEverythingAtAReset() {
        letters(200);

        breaker.reset();
        letters(99);

        assertThat(breaker.isOpen()).isFalse();
        assertThat(breaker.why()).isEmpty();
    }

    private void letters(int count) {
        for (int i = 1; i <= count; i++) {
            breaker.deadLetter(i, "why " + i);
        }
    }

    private void moved(int count) {
        for (int i = 0; i < count; i++) {
            breaker.moved();
        }
    }
}
