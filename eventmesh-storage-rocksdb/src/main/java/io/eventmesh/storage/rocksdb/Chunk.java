package io.eventmesh.storage.rocksdb;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * The stored form of records that follow one another in a partition and were written together: {@code record… end(4)…
 * checksum(4) count(4) version(1)}. The ends are those of the records, from the chunk's begin; the checksum is over them.
 * So damage in one record leaves the others readable.
 *
 * <p>Written by one thread into one buffer, which is used again for the next chunk.
 */
final class Chunk {
    static final int VERSION = 1;
    /** Beyond it, another chunk begins: a chunk is the smallest thing that is read. */
    static final int MAX_BYTES = 256 << 10;

    private static final int TRAILER = 4 + 4 + 1;
    private static final int FIRST_BUFFER = 64 << 10;
    /** A buffer that grew beyond this for a large event is given back. */
    private static final int LARGEST_KEPT = 1 << 20;

    private final RecordForm form;
    private final RecordChecksum checksum;
    private ByteBuffer buffer = ByteBuffer.allocateDirect(FIRST_BUFFER);
    private int[] ends = new int[64];
    private int count;

    Chunk(RecordForm form, RecordChecksum checksum) {
        this.form = form;
        this.checksum = checksum;
    }

    void begin() {
        if (buffer.capacity() > LARGEST_KEPT) {
            buffer = ByteBuffer.allocateDirect(FIRST_BUFFER);
        }
        buffer.clear();
        count = 0;
    }

    int count() {
        return count;
    }

    boolean isFull() {
        return buffer.position() >= MAX_BYTES;
    }

    void add(PendingRecord pending) {
        room(RecordForm.maxSize(pending.record()));
        form.write(pending.record(), pending.place(), buffer);
        if (count == ends.length) {
            ends = Arrays.copyOf(ends, count * 2);
        }
        ends[count++] = buffer.position();
    }

    /** The whole chunk, valid until the next {@link #begin}. */
    ByteBuffer finish() {
        room(count * 4 + TRAILER);
        int table = buffer.position();
        for (int i = 0; i < count; i++) {
            buffer.putInt(ends[i]);
        }
        buffer.putInt(checksum.of(buffer, table, buffer.position()));
        buffer.putInt(count);
        buffer.put((byte) VERSION);
        return buffer.flip();
    }

    /** How many records a chunk says that it holds, at least 1. */
    static int count(byte[] chunk) {
        return chunk.length < TRAILER ? 1 : Math.max(1, ByteBuffer.wrap(chunk).getInt(chunk.length - 5));
    }

    /**
     * The ends of the records in a chunk.
     *
     * @throws DamagedException when they cannot be trusted
     */
    static int[] ends(ByteBuffer chunk, int expectedCount, RecordChecksum checksum) throws DamagedException {
        int size = chunk.limit();
        if (size < TRAILER + 4 || chunk.get(size - 1) != VERSION) {
            throw new DamagedException("chunk of %s bytes (expected: one of version %s)".formatted(size, VERSION));
        }
        int count = chunk.getInt(size - 5);
        long table = size - TRAILER - 4L * count;
        if (count != expectedCount || table < 0) {
            throw new DamagedException("records in a chunk: %s (expected: %s)".formatted(count, expectedCount));
        }
        int stored = chunk.getInt(size - 9);
        int found = checksum.of(chunk, (int) table, size - TRAILER);
        if (stored != found) {
            throw new DamagedException("checksum of a chunk's ends: %08x (expected: %08x)".formatted(found, stored));
        }
        int[] ends = new int[count];
        for (int i = 0; i < count; i++) {
            ends[i] = chunk.getInt((int) table + 4 * i);
            if (ends[i] > table || ends[i] < (i == 0 ? 0 : ends[i - 1])) {
                throw new DamagedException("end of a record: " + ends[i] + " (expected: within the chunk)");
            }
        }
        return ends;
    }

    private void room(int more) {
        if (buffer.remaining() < more) {
            int needed = buffer.position() + more;
            ByteBuffer larger = ByteBuffer.allocateDirect(Math.max(needed, buffer.capacity() * 2));
            buffer.flip();
            larger.put(buffer);
            buffer = larger;
        }
    }
}
