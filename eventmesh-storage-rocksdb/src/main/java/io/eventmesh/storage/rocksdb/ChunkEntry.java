package io.eventmesh.storage.rocksdb;

import java.nio.ByteBuffer;

/**
 * What the index says of a chunk.
 *
 * @param first offset of its first record
 * @param count of its records, whose offsets follow one another
 * @param bytesBefore in the partition
 * @param bytes of its records, as they are counted
 * @param millis the latest append time up to its end
 */
record ChunkEntry(long first, int count, long bytesBefore, long bytes, long millis) {
    byte[] stored() {
        return ByteBuffer.allocate(4 + 8 + 8 + 8)
                .putInt(count)
                .putLong(bytesBefore)
                .putLong(bytes)
                .putLong(millis)
                .array();
    }

    static ChunkEntry read(byte[] key, byte[] value) {
        ByteBuffer in = ByteBuffer.wrap(value);
        return new ChunkEntry(ByteBuffer.wrap(key).getLong(8), in.getInt(), in.getLong(), in.getLong(), in.getLong());
    }

    /** What a chunk says of itself: not how many bytes lie before it. */
    static ChunkEntry ofChunk(byte[] key, int count) {
        return new ChunkEntry(ByteBuffer.wrap(key).getLong(8), count, 0, 0, 0);
    }

    /** The offset after its last record. */
    long end() {
        return first + count;
    }
}
