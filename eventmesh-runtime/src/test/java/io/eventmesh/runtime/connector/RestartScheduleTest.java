package io.eventmesh.runtime.connector;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.runtime.connector.RestartSchedule.Failure;
import java.io.IOException;
import java.time.Duration;
import java.util.ServiceConfigurationError;
import org.junit.jupiter.api.Test;

final class RestartScheduleTest {
    private static final long WELL = Duration.ofMinutes(10).toNanos();

    private final RestartSchedule schedule = new RestartSchedule(() -> 0.5);

    @Test
    void delaysDoubleUpToFiveMinutes() {
        for (long seconds = 1; seconds < 300; seconds *= 2) {
            assertThat(schedule.failed(Failure.TRANSIENT, 0, 0)).contains(Duration.ofSeconds(seconds));
        }
        assertThat(schedule.failed(Failure.TRANSIENT, 0, 0)).contains(Duration.ofMinutes(5));
    }

    @Test
    void theConnectorSaysHowOftenAndHowSoon() {
        schedule.follow(new TaskPolicies.Restarts(3, Duration.ofSeconds(2), Duration.ofSeconds(5)));

        assertThat(schedule.failed(Failure.TRANSIENT, 0, 0)).contains(Duration.ofSeconds(2));
        assertThat(schedule.failed(Failure.TRANSIENT, 0, 0)).contains(Duration.ofSeconds(4));
        assertThat(schedule.failed(Failure.TRANSIENT, 0, 0)).contains(Duration.ofSeconds(5));
        assertThat(schedule.failed(Failure.TRANSIENT, 0, 0)).isEmpty();
        assertThat(schedule.failed(Failure.TRANSIENT, WELL, 0)).contains(Duration.ofSeconds(2));
    }

    @Test
    void whatIsNotToleratedIsGivenUpAtOnce() {
        assertThat(schedule.failed(Failure.NOT_TOLERATED, WELL, 0)).isEmpty();
    }

    @Test
    void tenWellMinutesBeginAnew() {
        schedule.failed(Failure.TRANSIENT, 0, 0);
        schedule.failed(Failure.TRANSIENT, 0, 0);

        assertThat(schedule.failed(Failure.TRANSIENT, WELL, 0)).contains(Duration.ofSeconds(1));
    }

    @Test
    void theDelayIsSpreadByAFifth() {
        assertThat(new RestartSchedule(() -> 0).failed(Failure.TRANSIENT, 0, 0)).contains(Duration.ofMillis(800));
        assertThat(new RestartSchedule(() -> 1).failed(Failure.TRANSIENT, 0, 0)).contains(Duration.ofMillis(1_200));
    }

    @Test
    void aRefusedConfigurationIsGivenUpAfterTheThirdTime() {
        assertThat(schedule.failed(Failure.CONFIG, 0, 0)).isPresent();
        assertThat(schedule.failed(Failure.CONFIG, 0, 0)).isPresent();
        assertThat(schedule.failed(Failure.CONFIG, 0, 0)).isEmpty();
    }

    @Test
    void refusedCredentialsAreGivenUpAfterTheThirdTime() {
        assertThat(schedule.failed(Failure.AUTH, 0, 0)).isPresent();
        assertThat(schedule.failed(Failure.CONFIG, 0, 0)).isPresent();
        assertThat(schedule.failed(Failure.AUTH, 0, 0)).isEmpty();
    }

    @Test
    void anExhaustedPluginIsGivenUpWhenItHappensThriceInTenMinutes() {
        schedule.failed(Failure.EXHAUSTED, 0, 0);
        schedule.failed(Failure.EXHAUSTED, 0, 1);
        assertThat(schedule.failed(Failure.EXHAUSTED, 0, WELL + 2)).isPresent();
        assertThat(schedule.failed(Failure.EXHAUSTED, 0, WELL + 3)).isPresent();
        assertThat(schedule.failed(Failure.EXHAUSTED, 0, WELL + 4)).isEmpty();
    }

    @Test
    void failuresAreToldApart() {
        assertThat(Failure.of(new IOException())).isEqualTo(Failure.TRANSIENT);
        assertThat(Failure.of(new OutOfMemoryError())).isEqualTo(Failure.EXHAUSTED);
        assertThat(Failure.of(new EventMeshException(ErrorCode.CONNECTOR_CONFIG_INVALID, "")))
                .isEqualTo(Failure.CONFIG);
        assertThat(Failure.of(new StackOverflowError())).isEqualTo(Failure.EXHAUSTED);
        assertThat(Failure.of(new NoClassDefFoundError())).isEqualTo(Failure.CONFIG);
        assertThat(Failure.of(new ServiceConfigurationError(""))).isEqualTo(Failure.CONFIG);
        assertThat(Failure.of(new EventMeshException(ErrorCode.UNAUTHENTICATED, "")))
                .isEqualTo(Failure.AUTH);
        assertThat(Failure.of(new EventMeshException(ErrorCode.EVENT_INVALID, "")))
                .isEqualTo(Failure.DATA);
        assertThat(Failure.of(new EventMeshException(ErrorCode.META_UNAVAILABLE, "")))
                .isEqualTo(Failure.TRANSIENT);
    }
}
