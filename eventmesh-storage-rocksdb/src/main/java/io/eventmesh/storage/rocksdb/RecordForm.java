package io.eventmesh.storage.rocksdb;

import io.eventmesh.spi.storage.EventRecord;
import io.eventmesh.spi.storage.RecordBytes;
import java.nio.ByteBuffer;

/**
 * The stored form of a record, version 1: {@code checksum(4) version(1)} and the {@linkplain RecordBytes record's bytes}.
 * The checksum is over everything after it and over the record's place, so that right bytes at a wrong place are found
 * too.
 *
 * <p>Thread-safe.
 */
final class RecordForm {
    static final int VERSION = 1;
    private static final int HEADER = 4 + 1;

    private final RecordChecksum checksum;

    RecordForm(RecordChecksum checksum) {
        this.checksum = checksum;
    }

    /** At most so many bytes does the record take. */
    static int maxSize(EventRecord record) {
        return HEADER + RecordBytes.maxSize(record);
    }

    /** Writes the record at the buffer's position. */
    void write(EventRecord record, long place, ByteBuffer out) {
        int start = out.position();
        out.putInt(0);
        out.put((byte) VERSION);
        RecordBytes.write(record, out);
        out.putInt(start, placed(checksum.of(out, start + 4, out.position()), place));
    }

    /**
     * Reads the record that fills {@code in[from..to)}.
     *
     * @throws DamagedException when these are not the bytes that were written for the place
     */
    EventRecord read(ByteBuffer in, int from, int to, long place) throws DamagedException {
        if (to - from < HEADER) {
            throw new DamagedException("record of %s bytes (expected: at least %s)".formatted(to - from, HEADER));
        }
        int stored = in.getInt(from);
        int found = placed(checksum.of(in, from + 4, to), place);
        if (stored != found) {
            throw new DamagedException("checksum: %08x (expected: %08x)".formatted(found, stored));
        }
        int version = in.get(from + 4);
        if (version != VERSION) {
            throw new DamagedException("version of a record: %s (expected: %s)".formatted(version, VERSION));
        }
        ByteBuffer view = in.duplicate();
        view.limit(to).position(from + HEADER);
        try {
            return RecordBytes.read(view);
        } catch (IllegalArgumentException damaged) {
            throw new DamagedException("not a record: " + damaged.getMessage(), damaged);
        }
    }

    private static int placed(int checksum, long place) {
        return checksum ^ Long.hashCode(place * 0x9E3779B97F4A7C15L);
    }
}
