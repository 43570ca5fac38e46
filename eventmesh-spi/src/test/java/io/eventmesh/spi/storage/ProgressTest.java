package io.eventmesh.spi.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.BitSet;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ProgressTest {
    private static BitSet bits(int... set) {
        BitSet bits = new BitSet();
        for (int bit : set) {
            bits.set(bit);
        }
        return bits;
    }

    @Test
    void everythingBelowTheWatermarkIsDone() {
        Progress progress = Progress.at(10);

        assertThat(progress.isDone(9)).isTrue();
        assertThat(progress.isDone(10)).isFalse();
        assertThat(progress.ackedAbove()).isZero();
    }

    @Test
    void bitsStandForOffsetsAboveTheWatermark() {
        Progress progress = Progress.of(10, bits(2, 5));

        assertThat(progress.watermark()).isEqualTo(10);
        assertThat(progress.isDone(12)).isTrue();
        assertThat(progress.isDone(13)).isFalse();
        assertThat(progress.isDone(15)).isTrue();
        assertThat(progress.ackedAbove()).isEqualTo(2);
        assertThat(progress.acked()).isEqualTo(bits(2, 5));
    }

    @Test
    void leadingBitsAreFoldedIntoTheWatermark() {
        Progress progress = Progress.of(10, bits(0, 1, 2, 4));

        assertThat(progress).isEqualTo(Progress.of(13, bits(1)));
        assertThat(progress.watermark()).isEqualTo(13);
        assertThat(progress.isDone(14)).isTrue();
    }

    @Test
    void nothingIsLeftWhenAllBitsAreLeading() {
        assertThat(Progress.of(10, bits(0, 1))).isEqualTo(Progress.at(12));
        assertThat(Progress.of(10, bits())).isEqualTo(Progress.at(10));
    }

    @Test
    void theBitsReachAsFarAsTheSpanAndNoFurther() {
        Progress widest = Progress.of(0, bits(Progress.MAX_SPAN - 1));

        assertThat(widest.isDone(Progress.MAX_SPAN - 1)).isTrue();
        assertThat(widest.isDone(Progress.MAX_SPAN)).isFalse();
        assertThat(widest.isDone(Long.MAX_VALUE)).isFalse();
        assertThatThrownBy(() -> Progress.of(0, bits(Progress.MAX_SPAN)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(String.valueOf(Progress.MAX_SPAN));
    }

    @Test
    void laterChangesOfTheBitsChangeNothing() {
        BitSet given = bits(3);
        Progress progress = Progress.of(0, given);

        given.set(1);
        progress.acked().set(2);

        assertThat(progress).isEqualTo(Progress.of(0, bits(3)));
    }

    @Test
    void foldingNeverChangesWhatIsDone() {
        Random random = new Random(42);
        for (int round = 0; round < 500; round++) {
            long watermark = random.nextInt(1_000);
            BitSet given = new BitSet();
            for (int i = random.nextInt(64); i > 0; i--) {
                given.set(random.nextInt(80));
            }

            Progress progress = Progress.of(watermark, given);

            for (long offset = 0; offset < watermark + 100; offset++) {
                boolean done = offset < watermark || given.get((int) (offset - watermark));
                assertThat(progress.isDone(offset))
                        .as("round %s offset %s", round, offset)
                        .isEqualTo(done);
            }
            assertThat(progress.isDone(progress.watermark())).isFalse();
        }
    }
}
