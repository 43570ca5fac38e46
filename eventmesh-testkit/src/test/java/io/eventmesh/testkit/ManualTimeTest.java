package io.eventmesh.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventmesh.common.time.Scheduler;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ManualTimeTest {
    private final ManualTime time = new ManualTime(Instant.ofEpochMilli(10_000));
    private final List<String> ran = new ArrayList<>();

    @Test
    void timeStandsStillUntilItIsMoved() {
        long nanos = time.nanoTime();

        time.advance(Duration.ofMillis(250));

        assertThat(time.millis()).isEqualTo(10_250);
        assertThat(time.nanoTime() - nanos).isEqualTo(250_000_000);
    }

    @Test
    void timersRunInTheOrderOfTheirDueTimesAndAtThem() {
        time.schedule(Duration.ofSeconds(2), () -> ran.add("b@" + time.millis()));
        time.schedule(Duration.ofSeconds(1), () -> ran.add("a@" + time.millis()));
        time.schedule(Duration.ofSeconds(2), () -> ran.add("c@" + time.millis()));
        time.schedule(Duration.ofSeconds(4), () -> ran.add("late"));

        time.advance(Duration.ofSeconds(3));

        assertThat(ran).containsExactly("a@11000", "b@12000", "c@12000");
        assertThat(time.millis()).isEqualTo(13_000);
        assertThat(time.pendingTimers()).isEqualTo(1);
    }

    @Test
    void aTimerThatSchedulesAnotherOneSeesItRunWhenDue() {
        time.schedule(Duration.ofSeconds(1), () -> time.schedule(Duration.ofSeconds(1), () -> ran.add("second")));

        time.advance(Duration.ofMillis(1_999));
        assertThat(ran).isEmpty();
        time.advance(Duration.ofMillis(1));

        assertThat(ran).containsExactly("second");
    }

    @Test
    void aCancelledTimerNeverRuns() {
        Scheduler.Timer timer = time.schedule(Duration.ofSeconds(1), () -> ran.add("cancelled"));

        timer.cancel();
        timer.cancel();
        time.advance(Duration.ofSeconds(2));

        assertThat(ran).isEmpty();
    }

    @Test
    void nothingRunsBeforeTimeIsMovedNotEvenWithoutDelay() {
        time.schedule(Duration.ZERO, () -> ran.add("soon"));

        assertThat(ran).isEmpty();
        time.advance(Duration.ZERO);

        assertThat(ran).containsExactly("soon");
    }

    @Test
    void theWallMayJumpWhileMonotonicTimeGoesOn() {
        long nanos = time.nanoTime();

        time.jumpWall(Duration.ofHours(-1));

        assertThat(time.millis()).isEqualTo(10_000 - 3_600_000);
        assertThat(time.nanoTime()).isEqualTo(nanos);
    }
}
