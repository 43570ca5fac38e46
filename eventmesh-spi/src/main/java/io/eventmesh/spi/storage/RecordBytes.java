package io.eventmesh.spi.storage;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.TopicName;
import io.eventmesh.spi.event.Event;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A record as bytes, for storages that keep bytes, in big-endian order: {@code appendTime(8) notBefore(8) hops(4) topic
 * key target principal traceparent event}. A text is the length of its UTF-8 in bytes as a 4-byte number, -1 for none,
 * and the UTF-8; the event is the rest.
 */
public final class RecordBytes {
    private static final int FIXED = 8 + 8 + 4;
    private static final int ABSENT = -1;

    private RecordBytes() {}

    /** At most so many bytes does {@link #write} take. */
    public static int maxSize(EventRecord record) {
        return FIXED
                + 4
                + record.topic().length()
                + maxSize(record.key())
                + maxSize(record.target())
                + maxSize(record.principal())
                + maxSize(record.traceparent())
                + record.event().size();
    }

    /** Writes at the buffer's position and moves it. */
    public static void write(EventRecord record, ByteBuffer out) {
        out.putLong(record.appendTimeMillis());
        out.putLong(record.notBeforeMillis());
        out.putInt(record.hops());
        out.putInt(record.topic().length());
        record.topic().writeTo(out);
        text(out, record.key());
        text(out, record.target());
        text(out, record.principal());
        text(out, record.traceparent());
        record.event().writeTo(out);
    }

    /**
     * Reads what fills the rest of the buffer, and copies the event's bytes: as they were written, which the storage knows
     * by a checksum or because nobody else could have changed them.
     *
     * @throws IllegalArgumentException if this is not what {@link #write} wrote
     */
    public static EventRecord read(ByteBuffer in) {
        try {
            long appendTime = in.getLong();
            long notBefore = in.getLong();
            int hops = in.getInt();
            String topic = text(in);
            if (topic == null) {
                throw new IllegalArgumentException("topic: absent (expected: one)");
            }
            String key = text(in);
            String target = text(in);
            String principal = text(in);
            String traceparent = text(in);
            Event event = Event.rescan(bytes(in, in.remaining()));
            return new EventRecord(
                    TopicName.of(topic), key, appendTime, hops, target, principal, traceparent, notBefore, event);
        } catch (BufferUnderflowException | EventMeshException damaged) {
            throw new IllegalArgumentException("unreadable: " + damaged.getMessage(), damaged);
        }
    }

    private static int maxSize(@Nullable String text) {
        return 4 + (text == null ? 0 : text.length() * 3);
    }

    private static void text(ByteBuffer out, @Nullable String text) {
        if (text == null) {
            out.putInt(ABSENT);
            return;
        }
        byte[] bytes = text.getBytes(UTF_8);
        out.putInt(bytes.length);
        out.put(bytes);
    }

    private static @Nullable String text(ByteBuffer in) {
        int length = in.getInt();
        return length == ABSENT ? null : new String(bytes(in, length), UTF_8);
    }

    private static byte[] bytes(ByteBuffer in, int length) {
        if (length < 0 || length > in.remaining()) {
            throw new IllegalArgumentException("length: %s (expected: 0 to %s)".formatted(length, in.remaining()));
        }
        byte[] bytes = new byte[length];
        in.get(bytes);
        return bytes;
    }
}
