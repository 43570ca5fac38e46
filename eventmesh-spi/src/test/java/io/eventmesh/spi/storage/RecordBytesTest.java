package io.eventmesh.spi.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.eventmesh.common.topic.TopicName;
import io.eventmesh.spi.event.Event;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class RecordBytesTest {
    private static final Event EVENT =
            Event.builder().id("1").source("/s").type("t").text("grüße").build();

    @Test
    void aRecordComesBackAsItWas() {
        assertComesBack(new EventRecord(
                TopicName.of("orders/eu"), "kündin", 17, 3, "rule/target", "prod", "00-trace", 99, EVENT));
        assertComesBack(new EventRecord(TopicName.of("orders"), null, Long.MAX_VALUE, 0, null, null, null, 0, EVENT));
        assertComesBack(new EventRecord(TopicName.of("orders"), "", 0, 0, "", "", "", 0, EVENT));
    }

    @Test
    void whatIsNoRecordIsRefused() {
        byte[] bytes = write(new EventRecord(TopicName.of("orders"), "key", 17, 3, null, null, null, 0, EVENT));
        for (int length = 0; length < bytes.length - EVENT.size(); length++) {
            ByteBuffer cut = ByteBuffer.wrap(Arrays.copyOf(bytes, length));
            assertThatIllegalArgumentException().as("%s bytes", length).isThrownBy(() -> RecordBytes.read(cut));
        }
        byte[] huge = bytes.clone();
        ByteBuffer.wrap(huge).putInt(20, Integer.MAX_VALUE);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> RecordBytes.read(ByteBuffer.wrap(huge)))
                .withMessageContaining("length");
    }

    private static void assertComesBack(EventRecord record) {
        EventRecord found = RecordBytes.read(ByteBuffer.wrap(write(record)));

        assertThat(found).usingRecursiveComparison().ignoringFields("event").isEqualTo(record);
        assertThat(found.event().toByteArray()).isEqualTo(record.event().toByteArray());
    }

    private static byte[] write(EventRecord record) {
        ByteBuffer out = ByteBuffer.allocate(RecordBytes.maxSize(record));
        RecordBytes.write(record, out);
        return Arrays.copyOf(out.array(), out.position());
    }
}
