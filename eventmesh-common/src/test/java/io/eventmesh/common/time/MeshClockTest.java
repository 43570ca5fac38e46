package io.eventmesh.common.time;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import org.junit.jupiter.api.Test;

class MeshClockTest {
    @Test
    void theSystemsClockTellsTheTimeOfTheMachine() {
        MeshClock clock = MeshClock.system();
        long before = System.currentTimeMillis();

        Instant told = clock.instant();

        assertThat(told.toEpochMilli()).isBetween(before, System.currentTimeMillis());
    }

    @Test
    void monotonicTimeNeverGoesBack() {
        MeshClock clock = MeshClock.system();
        long last = clock.nanoTime();
        for (int i = 0; i < 1_000; i++) {
            long now = clock.nanoTime();
            assertThat(now - last).isNotNegative();
            last = now;
        }
    }
}
