package io.eventmesh.testkit.storage;

import io.eventmesh.common.time.MeshClock;
import io.eventmesh.common.topic.StreamName;
import io.eventmesh.common.topic.TopicName;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.storage.EventRecord;
import org.jspecify.annotations.Nullable;

/** Makes records with small events for tests; each event's id is the text that it carries. Not thread-safe. */
public final class RecordFixture {
    private final TopicName topic;
    private final MeshClock clock;
    private @Nullable String key;
    private @Nullable String target;
    private @Nullable String principal;
    private int hops;
    private int padding;
    private long notBefore;

    private RecordFixture(TopicName topic, MeshClock clock) {
        this.topic = topic;
        this.clock = clock;
    }

    /** Records of the topic by which a stream is named, appended at the clock's time. */
    public static RecordFixture of(StreamName stream, MeshClock clock) {
        return new RecordFixture(TopicName.of(stream.name()), clock);
    }

    public RecordFixture key(@Nullable String value) {
        key = value;
        return this;
    }

    public RecordFixture target(@Nullable String value) {
        target = value;
        return this;
    }

    public RecordFixture principal(@Nullable String value) {
        principal = value;
        return this;
    }

    public RecordFixture hops(int value) {
        hops = value;
        return this;
    }

    /** Wall time before which the records are offered to nobody. */
    public RecordFixture notBefore(long millis) {
        notBefore = millis;
        return this;
    }

    /** Bytes of data in each event. */
    public RecordFixture padding(int bytes) {
        padding = bytes;
        return this;
    }

    public EventRecord record(String id) {
        Event event = Event.builder()
                .id(id)
                .source("/testkit")
                .type("testkit.record")
                .data(new byte[padding])
                .build();
        return new EventRecord(topic, key, clock.millis(), hops, target, principal, null, notBefore, event);
    }

    /** A record whose {@link EventRecord#size} is exactly so many bytes; for bounds. */
    public EventRecord sized(String id, int size) {
        int before = padding;
        try {
            padding = 0;
            padding = Math.max(0, size - record(id).size());
            while (record(id).size() > size && padding > 0) {
                padding--;
            }
            EventRecord record = record(id);
            if (record.size() != size) {
                throw new IllegalArgumentException(
                        "size: " + size + " (expected: one that can be met, such as " + record.size() + ")");
            }
            return record;
        } finally {
            padding = before;
        }
    }
}
