package io.eventmesh.admin.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class ElectionTest {
    private static final Timing TIMING =
            new Timing(Duration.ofSeconds(3), Duration.ofSeconds(2), Duration.ofSeconds(1));

    private long now = Duration.ofHours(2).toNanos();
    private final Election election = new Election(TIMING, now);

    private void millis(long count) {
        now += Duration.ofMillis(count).toNanos();
    }

    @Test
    void aLeaderWhoseClockTicksRenews() {
        for (int i = 0; i < 20; i++) {
            millis(500);
            election.tick(now);
        }
        millis(1_000);

        assertThat(election.mayRenew(now)).isTrue();
        assertThat(election.isInDoubt()).isFalse();
    }

    @Test
    void aLeaderThatStoodStillRenewsNothingUntilTheDatabaseWasAskedAfterwards() {
        long before = now;
        millis(8_000);

        assertThat(election.mayRenew(now)).isFalse();
        election.tick(now);
        election.confirmed(before);
        assertThat(election.mayRenew(now)).isFalse();
        assertThat(election.isInDoubt()).isTrue();
        election.confirmed(now);
        assertThat(election.mayRenew(now)).isTrue();
        assertThat(election.isInDoubt()).isFalse();
    }

    @Test
    void aTickThatComesBeforeTheFirstReportDoesNotHideThePause() {
        millis(8_000);
        election.tick(now);
        millis(10);
        election.tick(now);

        assertThat(election.mayRenew(now)).isFalse();
    }

    @Test
    void withoutAMetaStoreEachWordOfTheDatabaseHoldsForLessThanTheGrace() {
        election.suspend(now);
        boolean unconfirmed = election.mayRenew(now);

        election.confirmed(now);
        millis(1_600);
        boolean within = election.mayRenew(now);
        millis(1);

        assertThat(unconfirmed).isFalse();
        assertThat(within).isTrue();
        assertThat(election.mayRenew(now)).isFalse();
        assertThat(election.isInDoubt()).isTrue();
    }

    @Test
    void aNewLeadershipIsNotDoubted() {
        election.suspend(now);
        millis(5_000);

        election.tick(now);
        election.begin(now);

        assertThat(election.isInDoubt()).isFalse();
        assertThat(election.mayRenew(now)).isTrue();
    }
}
