package io.eventmesh.storage.rocksdb;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.eventmesh.common.topic.StreamName;
import io.eventmesh.spi.storage.Position;
import io.eventmesh.spi.storage.StreamPartition;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * The keys of RocksDB. Numbers are big-endian and never negative, so that keys sort as what they name.
 *
 * <p>Facts (the default column family) begin with a letter for their kind; chunks and their index with the partition and
 * the first offset; parked events and their tickets with the group and the position.
 */
final class Keys {
    static final byte COUNTERS = 'C';
    static final byte STREAM = 'S';
    static final byte BASE = 'B';
    static final byte MARK = 'M';
    static final byte GROUP = 'G';
    static final byte GAPS = 'L';
    static final byte PROGRESS = 'P';
    /** There while the group is paused; a release that does not know it reads past it. */
    static final byte PAUSED = 'H';
    /**
     * The first byte of the ids of groups that pass with their reader. They are given anew in each run; all that is ever
     * written under them is what such a group parks, and what a run left of that, the next one clears.
     */
    static final byte PASSING = 0x7f;

    private static final int PASSING_IDS = 1 << 24;

    private Keys() {}

    /** The id of the n-th passing group of a run. */
    static int passing(int n) {
        return (PASSING << 24) | (n & (PASSING_IDS - 1));
    }

    static boolean isPassing(int group) {
        return group >>> 24 == PASSING;
    }

    static byte[] counters() {
        return new byte[] {COUNTERS};
    }

    static byte[] all(byte kind) {
        return new byte[] {kind};
    }

    static byte[] stream(int stream) {
        return fact(STREAM, 4).putInt(stream).array();
    }

    static byte[] base(int stream, int partition) {
        return fact(BASE, 8).putInt(stream).putInt(partition).array();
    }

    static byte[] ofStream(byte kind, int stream) {
        return fact(kind, 4).putInt(stream).array();
    }

    static byte[] mark(int stream, int partition, long offset) {
        return fact(MARK, 16).putInt(stream).putInt(partition).putLong(offset).array();
    }

    static byte[] group(int group) {
        return fact(GROUP, 4).putInt(group).array();
    }

    static byte[] gaps(int group) {
        return fact(GAPS, 4).putInt(group).array();
    }

    static byte[] paused(int group) {
        return fact(PAUSED, 4).putInt(group).array();
    }

    static byte[] progress(int group, int stream, int partition) {
        return fact(PROGRESS, 12).putInt(group).putInt(stream).putInt(partition).array();
    }

    static byte[] progressOf(int group) {
        return fact(PROGRESS, 4).putInt(group).array();
    }

    static byte[] chunk(int stream, int partition, long first) {
        return ByteBuffer.allocate(16)
                .putInt(stream)
                .putInt(partition)
                .putLong(first)
                .array();
    }

    static byte[] chunksOf(int stream) {
        return ByteBuffer.allocate(4).putInt(stream).array();
    }

    static byte[] parkedOf(int group) {
        return ByteBuffer.allocate(4).putInt(group).array();
    }

    static byte[] parkedOf(int group, StreamName stream) {
        byte[] namespace = stream.namespace().getBytes(UTF_8);
        byte[] name = stream.name().getBytes(UTF_8);
        return ByteBuffer.allocate(4 + namespace.length + 1 + name.length + 1)
                .putInt(group)
                .put(namespace)
                .put((byte) 0)
                .put(name)
                .put((byte) 0)
                .array();
    }

    static byte[] parked(int group, Position position) {
        byte[] prefix = parkedOf(group, position.partition().stream());
        return ByteBuffer.allocate(prefix.length + 12)
                .put(prefix)
                .putInt(position.partition().index())
                .putLong(position.offset())
                .array();
    }

    static int groupOf(byte[] parked) {
        return ByteBuffer.wrap(parked).getInt();
    }

    static Position position(byte[] parked) {
        int first = 4;
        int middle = first;
        while (parked[middle] != 0) {
            middle++;
        }
        int tail = parked.length - 12;
        StreamName stream = new StreamName(
                new String(parked, first, middle - first, UTF_8),
                new String(parked, middle + 1, tail - 1 - (middle + 1), UTF_8));
        ByteBuffer numbers = ByteBuffer.wrap(parked, tail, 12);
        return new Position(new StreamPartition(stream, numbers.getInt()), numbers.getLong());
    }

    /** The first key after all that begin with the prefix. */
    static byte[] after(byte[] prefix) {
        byte[] next = prefix.clone();
        for (int i = next.length - 1; i >= 0; i--) {
            if (next[i] != (byte) 0xff) {
                next[i]++;
                return Arrays.copyOf(next, i + 1);
            }
        }
        throw new IllegalArgumentException("prefix without a successor");
    }

    static boolean startsWith(byte[] key, byte[] prefix) {
        return key.length >= prefix.length && Arrays.equals(key, 0, prefix.length, prefix, 0, prefix.length);
    }

    private static ByteBuffer fact(byte kind, int more) {
        return ByteBuffer.allocate(1 + more).put(kind);
    }
}
