package io.eventmesh.storage.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.spi.storage.Progress;
import java.util.Base64;
import java.util.BitSet;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.Test;

class ProgressFormTest {
    private static final Uuid TOPIC = Uuid.randomUuid();

    @Test
    void progressComesBackAsItWasWritten() {
        BitSet acked = new BitSet();
        acked.set(2);
        acked.set(3);
        acked.set(900);
        Progress progress = Progress.of(1_000, acked);

        OffsetAndMetadata written = ProgressForm.write(progress, TOPIC);

        assertThat(written.offset()).isEqualTo(1_000);
        assertThat(ProgressForm.read(written, TOPIC)).contains(progress);
        assertThat(ProgressForm.read(ProgressForm.write(Progress.at(7), TOPIC), TOPIC))
                .contains(Progress.at(7));
    }

    @Test
    void theWidestProgressFitsWhatKafkaKeepsBesideAnOffset() {
        BitSet acked = new BitSet();
        for (int bit = 1; bit < Progress.MAX_SPAN; bit += 2) {
            acked.set(bit);
        }
        acked.set(Progress.MAX_SPAN - 1);
        Progress widest = Progress.of(5, acked);

        OffsetAndMetadata written = ProgressForm.write(widest, TOPIC);

        assertThat(written.metadata()).hasSizeLessThanOrEqualTo(ProgressForm.MAX_METADATA);
        assertThat(ProgressForm.read(written, TOPIC)).contains(widest);
    }

    @Test
    void progressOfAnotherTopicOfTheNameIsIgnored() {
        OffsetAndMetadata written = ProgressForm.write(Progress.at(9), Uuid.randomUuid());

        assertThat(ProgressForm.read(written, TOPIC)).isEmpty();
        assertThat(ProgressForm.read(null, TOPIC)).isEmpty();
    }

    @Test
    void anOffsetThatAToolCommittedIsABareWatermark() {
        assertThat(ProgressForm.read(new OffsetAndMetadata(9), TOPIC)).contains(Progress.at(9));
        assertThat(ProgressForm.read(new OffsetAndMetadata(9, "by hand!"), TOPIC))
                .contains(Progress.at(9));
    }

    @Test
    void aNewerFormatIsRefused() {
        byte[] newer = new byte[20];
        newer[0] = 2;
        OffsetAndMetadata written = new OffsetAndMetadata(9, Base64.getEncoder().encodeToString(newer));

        assertThatThrownBy(() -> ProgressForm.read(written, TOPIC))
                .isInstanceOfSatisfying(
                        EventMeshException.class,
                        refused -> assertThat(refused.code()).isEqualTo(ErrorCode.DATA_CORRUPT));
    }

    @Test
    void whatIsKeptBesideTheParkedEventsComesBackToo() {
        BitSet acked = new BitSet();
        acked.set(3);
        Progress progress = Progress.of(77, acked);

        assertThat(KeptProgress.progress(KeptProgress.form(progress))).isEqualTo(progress);
        assertThatThrownBy(() -> KeptProgress.progress(new byte[] {9, 0}))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("version 9");
    }
}
