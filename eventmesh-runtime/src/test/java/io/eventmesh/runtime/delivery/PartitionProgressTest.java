package io.eventmesh.runtime.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventmesh.spi.storage.Progress;
import java.util.BitSet;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class PartitionProgressTest {
    @Test
    void itAgreesWithASetOfOffsets() {
        for (int seed = 0; seed < 20; seed++) {
            Random random = new Random(seed);
            PartitionProgress progress = new PartitionProgress(Progress.at(100));
            TreeSet<Long> open = new TreeSet<>();
            long next = 100;
            for (int step = 0; step < 300; step++) {
                if (open.isEmpty() || random.nextInt(2) == 0) {
                    next += random.nextInt(5) == 0 ? random.nextInt(100) : 0;
                    progress.read(next);
                    open.add(next++);
                } else {
                    Long offset = open.ceiling(open.first() + random.nextInt((int) (next - open.first())));
                    offset = offset == null ? open.first() : offset;
                    open.remove(offset);
                    progress.done(offset);
                }
                Progress now = progress.progress();
                assertThat(now.watermark()).isEqualTo(open.isEmpty() ? next : open.first());
                assertThat(open.stream().anyMatch(now::isDone)).isFalse();
            }
            for (long offset = 100; offset < next; offset++) {
                assertThat(progress.progress().isDone(offset)).isEqualTo(!open.contains(offset));
            }
        }
    }

    @Test
    void whatIsDoneBeforeItIsReadIsKnownWhenItIs() {
        PartitionProgress progress = new PartitionProgress(Progress.at(10));
        progress.read(10);

        progress.doneAhead(12);
        progress.doneAhead(10);

        assertThat(progress.isDone(10)).isFalse();
        progress.read(11);
        assertThat(progress.isDone(11)).isFalse();
        progress.read(12);
        assertThat(progress.isDone(12)).isTrue();
        progress.done(10);
        progress.done(11);
        assertThat(progress.progress()).isEqualTo(Progress.at(13));
    }

    @Test
    void whatWasDoneAboveTheWatermarkStaysDoneAfterAReopening() {
        BitSet above = new BitSet();
        above.set(2);
        PartitionProgress progress = new PartitionProgress(Progress.of(10, above));
        assertThat(progress.progress()).isEqualTo(Progress.of(10, above));

        progress.read(10);
        progress.read(11);
        progress.done(10);
        assertThat(progress.progress().isDone(12)).isTrue();
        progress.done(11);
        assertThat(progress.progress()).isEqualTo(Progress.at(13));
    }

    @Test
    void anOffsetIsPassedWhenNothingOpenLiesUnreadBelowIt() {
        BitSet above = new BitSet();
        above.set(1);
        above.set(2);
        PartitionProgress progress = new PartitionProgress(Progress.of(10, above));
        assertThat(progress.hasPassed(12)).isFalse();
        progress.read(10);
        assertThat(progress.hasPassed(12)).isTrue();
        assertThat(progress.hasPassed(14)).isFalse();
    }
}
