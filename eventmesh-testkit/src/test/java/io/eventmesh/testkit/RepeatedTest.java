package io.eventmesh.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.eventmesh.common.time.Repeated;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Stands here for the time that it needs. */
class RepeatedTest {
    private final ManualTime time = new ManualTime(Instant.ofEpochMilli(0));
    private final List<Long> ran = new ArrayList<>();
    private final Repeated repeated = new Repeated(time, Duration.ofSeconds(2), () -> ran.add(time.millis()));

    @Test
    void runsAtOnceAndThenAWhileAfterEachRun() {
        repeated.start();
        time.advance(Duration.ofSeconds(5));

        assertThat(ran).containsExactly(0L, 2_000L, 4_000L);
    }

    @Test
    void doesNotRunOnceClosed() {
        repeated.start();
        repeated.close();
        time.advance(Duration.ofSeconds(5));
        repeated.start();

        assertThat(ran).containsExactly(0L);
        assertThat(time.pendingTimers()).isZero();
    }

    @Test
    void doesNotGoOnWhenItIsClosedFromWithin() {
        List<Long> once = new ArrayList<>();
        Repeated[] self = new Repeated[1];
        self[0] = new Repeated(time, Duration.ofSeconds(1), () -> {
            once.add(time.millis());
            self[0].close();
        });
        self[0].start();
        time.advance(Duration.ofSeconds(5));

        assertThat(once).containsExactly(0L);
    }

    @Test
    void aTaskThatThrowsIsNotRunAgain() {
        Repeated defect = new Repeated(time, Duration.ofSeconds(1), () -> {
            ran.add(time.millis());
            throw new IllegalStateException("defect");
        });
        assertThatThrownBy(defect::start).hasMessage("defect");
        time.advance(Duration.ofSeconds(5));

        assertThat(ran).containsExactly(0L);
    }
}
