package io.eventmesh.runtime.delivery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import org.junit.jupiter.api.Test;

/**
 * Random lives of a group: members come and go, settle as they like or not at all, the storage refuses, the process
 * dies. One seed is one life; {@code -Deventmesh.seed=…} lives it again.
 */
class GroupSimulationTest {
    private static final int LIVES = 1_000;

    @Test
    void everyLifeKeepsThePromises() {
        Long replay = Long.getLong("eventmesh.seed");
        long first = replay == null ? 1 : replay;
        long last = replay == null ? LIVES : replay;
        GroupSimulation.Totals totals = new GroupSimulation.Totals();
        for (long seed = first; seed <= last; seed++) {
            try {
                new GroupSimulation(seed, totals).live();
            } catch (AssertionError | RuntimeException broken) {
                fail("seed %d breaks a promise (replay with -Deventmesh.seed=%d)".formatted(seed, seed), broken);
            }
        }
        if (replay == null) {
            assertThat(totals.events).as("the lives are not empty").isGreaterThan(20_000);
            assertThat(totals.redelivered).isGreaterThan(1_000);
            assertThat(totals.dead).isGreaterThan(1_000);
            assertThat(totals.parked).isGreaterThan(1_000);
            assertThat(totals.expired).isGreaterThan(1_000);
            assertThat(totals.delayed).isGreaterThan(1_000);
            assertThat(totals.filtered).isGreaterThan(200);
            assertThat(totals.crashes).isGreaterThan(200);
        }
    }
}
