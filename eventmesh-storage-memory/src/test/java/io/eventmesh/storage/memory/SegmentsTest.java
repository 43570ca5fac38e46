package io.eventmesh.storage.memory;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventmesh.common.topic.TopicName;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.storage.EventRecord;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Beside a queue of the records themselves. */
class SegmentsTest {
    private static final TopicName TOPIC = TopicName.of("orders/eu");

    private final Segments segments = new Segments();
    private final ArrayDeque<EventRecord> expected = new ArrayDeque<>();
    private long appended;

    @Test
    void recordsOfAllSizesComeBackInTheirOrder() {
        SplittableRandom random = new SplittableRandom(7);
        for (int round = 0; round < 60; round++) {
            int adds = random.nextInt(200);
            for (int i = 0; i < adds; i++) {
                add(random.nextInt(50) == 0 ? random.nextInt(700_000) : random.nextInt(4_000));
            }
            int removals =
                    random.nextInt(5) == 0 ? expected.size() : random.nextInt(Math.min(200, expected.size()) + 1);
            for (int i = 0; i < removals; i++) {
                segments.removeOldest();
                expected.removeFirst();
            }
            segments.trim();
            assertSame();
        }
        segments.clear();
        expected.clear();
        assertSame();
        add(10);
        assertSame();
    }

    private void add(int payload) {
        EventRecord record = new EventRecord(
                TOPIC,
                "key",
                ++appended,
                0,
                null,
                "someone",
                null,
                0,
                Event.builder().id("" + appended).text("x".repeat(payload)).build());
        segments.add(record, record.size());
        expected.addLast(record);
    }

    private void assertSame() {
        assertThat(segments.count()).isEqualTo(expected.size());
        assertThat(segments.bytes())
                .isEqualTo(expected.stream().mapToLong(EventRecord::size).sum());
        Iterator<EventRecord> each = expected.iterator();
        for (int i = 0; i < segments.count(); i++) {
            EventRecord record = each.next();
            assertThat(segments.appendTimeMillis(i)).isEqualTo(record.appendTimeMillis());
            assertThat(segments.get(i).event().toByteArray())
                    .isEqualTo(record.event().toByteArray());
        }
    }
}
