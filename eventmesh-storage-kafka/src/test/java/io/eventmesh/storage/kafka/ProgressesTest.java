package io.eventmesh.storage.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventmesh.spi.storage.Progress;
import java.util.BitSet;
import org.junit.jupiter.api.Test;

class ProgressesTest {
    private static Progress progress(long watermark, long... done) {
        BitSet acked = new BitSet();
        for (long offset : done) {
            acked.set((int) (offset - watermark));
        }
        return Progress.of(watermark, acked);
    }

    @Test
    void whatIsDoneInOneIsDoneInTheMerger() {
        assertThat(Progresses.merged(progress(5, 8), progress(3, 6, 9))).isEqualTo(progress(5, 6, 8, 9));
        assertThat(Progresses.merged(progress(3, 4, 5), progress(10))).isEqualTo(progress(10));
    }

    @Test
    void theReachIsBehindTheLastThatIsDone() {
        assertThat(Progresses.reach(progress(5))).isEqualTo(5);
        assertThat(Progresses.reach(progress(5, 8))).isEqualTo(9);
    }

    @Test
    void whatIsDoneIsNotMissing() {
        assertThat(Progresses.missing(progress(5, 7, 20), 0, 10)).isEqualTo(4);
        assertThat(Progresses.missing(progress(5, 7), 6, 8)).isEqualTo(1);
        assertThat(Progresses.missing(progress(5), 0, 5)).isZero();
        assertThat(Progresses.missing(progress(5, 7), 100, 200)).isEqualTo(100);
    }

    @Test
    void whatIsGoneCountsAsDone() {
        assertThat(Progresses.without(progress(5, 12), 5, 10)).isEqualTo(progress(10, 12));
        assertThat(Progresses.without(progress(5, 12), 7, 10)).isEqualTo(progress(5, 7, 8, 9, 12));
        assertThat(Progresses.without(progress(5, 12), 0, 4)).isEqualTo(progress(5, 12));
        assertThat(Progresses.without(progress(5), 5, 1_000_000)).isEqualTo(progress(1_000_000));
    }

    @Test
    void aGapThatProgressCannotSayIsLeftOpen() {
        assertThat(Progresses.without(progress(5), 6, 1_000_000)).isEqualTo(progress(5));
    }
}
