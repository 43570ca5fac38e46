package io.eventmesh.storage.rocksdb;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.TopicName;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.storage.EventRecord;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The stored form of a record, version 1: {@code checksum(4) version(1) appendTime(8) notBefore(8) hops(4) topic key
 * target principal traceparent event}. A text is its length in bytes as a 4-byte number, -1 for none, and its UTF-8; the
 * event is the rest. The checksum is over everything after it and over the record's place, so that right bytes at a wrong
 * place are found too.
 *
 * <p>Thread-safe.
 */
final class RecordForm {
    static final int VERSION = 1;
    private static final int FIXED = 4 + 1 + 8 + 8 + 4;

    private final RecordChecksum checksum;

    RecordForm(RecordChecksum checksum) {
        this.checksum = checksum;
    }

    /** At most so many bytes does the record take. */
    static int maxSize(EventRecord record) {
        return FIXED
                + maxSize(record.topic().value())
                + maxSize(record.key())
                + maxSize(record.target())
                + maxSize(record.principal())
                + maxSize(record.traceparent())
                + record.event().size();
    }

    /** Writes the record at the buffer's position. */
    void write(EventRecord record, long place, ByteBuffer out) {
        int start = out.position();
        out.putInt(0);
        out.put((byte) VERSION);
        out.putLong(record.appendTimeMillis());
        out.putLong(record.notBeforeMillis());
        out.putInt(record.hops());
        text(out, record.topic().value());
        text(out, record.key());
        text(out, record.target());
        text(out, record.principal());
        text(out, record.traceparent());
        out.put(record.event().asReadOnlyBuffer());
        out.putInt(start, placed(checksum.of(out, start + 4, out.position()), place));
    }

    /**
     * Reads the record that fills {@code in[from..to)}.
     *
     * @throws DamagedException when these are not the bytes that were written for the place
     */
    EventRecord read(ByteBuffer in, int from, int to, long place) throws DamagedException {
        if (to - from < FIXED) {
            throw new DamagedException("record of %s bytes (expected: at least %s)".formatted(to - from, FIXED));
        }
        int stored = in.getInt(from);
        int found = placed(checksum.of(in, from + 4, to), place);
        if (stored != found) {
            throw new DamagedException("checksum: %08x (expected: %08x)".formatted(found, stored));
        }
        ByteBuffer view = in.duplicate();
        view.limit(to).position(from + 4);
        try {
            return read(view);
        } catch (EventMeshException | IllegalArgumentException | java.nio.BufferUnderflowException damaged) {
            throw new DamagedException("not a record: " + damaged.getMessage(), damaged);
        }
    }

    private static EventRecord read(ByteBuffer view) {
        int version = view.get();
        if (version != VERSION) {
            throw new IllegalArgumentException("version: " + version + " (expected: " + VERSION + ")");
        }
        BinaryReader in = new BinaryReader(view);
        long appendTime = in.i64();
        long notBefore = in.i64();
        int hops = in.i32();
        TopicName topic = TopicName.of(in.requireText());
        String key = in.text();
        String target = in.text();
        String principal = in.text();
        String traceparent = in.text();
        Event event = Event.scan(in.raw(in.remaining()));
        return new EventRecord(topic, key, appendTime, hops, target, principal, traceparent, notBefore, event);
    }

    private static int placed(int checksum, long place) {
        return checksum ^ Long.hashCode(place * 0x9E3779B97F4A7C15L);
    }

    private static int maxSize(@Nullable String text) {
        return 4 + (text == null ? 0 : text.length() * 3);
    }

    private static void text(ByteBuffer out, @Nullable String text) {
        if (text == null) {
            out.putInt(-1);
            return;
        }
        byte[] bytes = text.getBytes(UTF_8);
        out.putInt(bytes.length);
        out.put(bytes);
    }
}
