package io.eventmesh.runtime.simulation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.eventmesh.testkit.checker.Finding;
import io.eventmesh.testkit.checker.Finding.Kind;
import io.eventmesh.testkit.checker.Verdict;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** A checker that finds nothing is believed only if it finds what is there: each mistake within so many lives. */
class PlantedBugsTest {
    private static final long FIRST_SEED = 1;

    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();

    private void assertCaught(int within, Kind kind, Supplier<PlantedBug> bug) {
        for (long seed = FIRST_SEED; seed < FIRST_SEED + within; seed++) {
            Verdict verdict = new Life(seed, meters, bug.get()).live();
            if (verdict.has(kind)) {
                Finding first = verdict.findings().stream()
                        .filter(finding -> finding.kind() == kind)
                        .findFirst()
                        .orElseThrow();
                assertThat(first.message()).isNotEmpty();
                System.out.printf("caught by seed %d (life %d of at most %d): %s%n", seed, seed, within, first);
                return;
            }
        }
        fail("not caught within %d lives: expected %s".formatted(within, kind));
    }

    @Test
    void anAckBeforeTheStoreIsCaught() {
        assertCaught(20, Kind.LOSS, PlantedBugs.AckBeforeStore::new);
    }

    @Test
    void progressPastAGapIsCaught() {
        assertCaught(20, Kind.PROGRESS, PlantedBugs.ProgressPastGap::new);
    }

    @Test
    void orderLostOnRedeliveryIsCaught() {
        assertCaught(40, Kind.ORDER, PlantedBugs.OrderLostOnRedelivery::new);
    }

    @Test
    void anIgnoredEpochIsCaught() {
        assertCaught(60, Kind.OWNERS, PlantedBugs.EpochIgnored::new);
    }

    @Test
    void aSkippedChecksumIsCaught() {
        assertCaught(20, Kind.CONTENT, () -> new DamagedDisk(DamagedDisk.Verification.SKIPPED));
    }

    @Test
    void droppedEventsOfALostMemberAreCaught() {
        assertCaught(20, Kind.LOSS, PlantedBugs.DropOnMemberLoss::new);
    }

    @Test
    void aCommitBeforeTheAckIsCaught() {
        assertCaught(20, Kind.PROGRESS, PlantedBugs.CommitBeforeAck::new);
    }

    @Test
    void aLostParkedEventIsCaught() {
        assertCaught(20, Kind.PROGRESS, PlantedBugs.LostParkedEvent::new);
    }

    @Test
    void aDamagedDiskWhoseChecksumsAreVerifiedIsClean() {
        for (long seed = FIRST_SEED; seed < FIRST_SEED + 100; seed++) {
            Verdict verdict = new Life(seed, meters, new DamagedDisk(DamagedDisk.Verification.HONEST)).live();
            assertThat(verdict.findings()).as("seed %d", seed).isEmpty();
        }
    }
}
