package io.eventmesh.sdk.remote;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class PausesTest {
    @Test
    void pausesDoubleUpToTheirBoundAndAreSpreadByHalf() {
        Pauses pauses = new Pauses(Duration.ofMillis(100), Duration.ofSeconds(5), new SplittableRandom(3));
        long[] longest = {100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000};

        for (int failures = 1; failures <= longest.length; failures++) {
            Set<Duration> seen = new HashSet<>();
            for (int i = 0; i < 200; i++) {
                Duration pause = pauses.after(failures);
                assertThat(pause.toMillis()).isBetween(longest[failures - 1] / 2, longest[failures - 1]);
                seen.add(pause);
            }
            assertThat(seen).hasSizeGreaterThan(20);
        }
        assertThat(pauses.after(1_000_000)).isLessThanOrEqualTo(Duration.ofSeconds(5));
    }
}
