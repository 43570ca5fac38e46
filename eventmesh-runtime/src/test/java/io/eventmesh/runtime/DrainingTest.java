package io.eventmesh.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventmesh.common.lifecycle.Health;
import io.eventmesh.spi.role.Role;
import io.eventmesh.testkit.ManualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The roles of a process drain one after the other, and all together within one bound. */
class DrainingTest {
    private static final Duration TOGETHER = Duration.ofSeconds(16);

    private final ManualTime time = new ManualTime();
    private final List<String> drained = new ArrayList<>();

    /** Takes as long as it wants to, unless that is more than it may. */
    private Role role(String name, Duration wants) {
        return new Role() {
            @Override
            public String name() {
                return name;
            }

            @Override
            public void start() {}

            @Override
            public Health health() {
                return Health.up();
            }

            @Override
            public Map<String, String> endpoints() {
                return Map.of();
            }

            @Override
            public List<String> banner() {
                return List.of();
            }

            @Override
            public void drain(Duration atMost) {
                Duration takes = wants.compareTo(atMost) < 0 ? wants : atMost;
                drained.add("%s for %d ms".formatted(name, takes.toMillis()));
                time.advance(takes);
            }

            @Override
            public void close() {}
        };
    }

    @Test
    void whatFeedsAnotherDrainsFirstAndWhatItLeavesIsForTheOthers() {
        new Draining(
                        List.of(role("mesh", Duration.ofSeconds(10)), role("connector", Duration.ofSeconds(3))),
                        time,
                        TOGETHER)
                .close();

        assertThat(drained).containsExactly("connector for 3000 ms", "mesh for 10000 ms");
    }

    @Test
    void rolesThatWantMoreThanThereIsShareIt() {
        long begin = time.nanoTime();

        new Draining(
                        List.of(
                                role("mesh", Duration.ofSeconds(10)),
                                role("admin", Duration.ZERO),
                                role("connector", Duration.ofSeconds(15))),
                        time,
                        TOGETHER)
                .close();

        assertThat(drained).containsExactly("connector for 8000 ms", "admin for 0 ms", "mesh for 8000 ms");
        assertThat(Duration.ofNanos(time.nanoTime() - begin)).isEqualTo(TOGETHER);
    }

    @Test
    void aSecondCloseDrainsNothing() {
        Draining draining = new Draining(List.of(role("mesh", Duration.ZERO)), time, TOGETHER);

        draining.close();
        draining.close();

        assertThat(drained).hasSize(1);
    }
}
