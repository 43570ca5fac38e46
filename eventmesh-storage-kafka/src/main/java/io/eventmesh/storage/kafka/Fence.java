package io.eventmesh.storage.kafka;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Under whose ownership of a partition something was parked. Grows with each owner, on whichever runtime.
 *
 * @param era grows when Kafka has forgotten the consumer group and counts its generations anew
 * @param generation of the consumer group in which the partition was assigned
 */
record Fence(int era, int generation) implements Comparable<Fence> {
    private static final int SIZE = 8;

    @Override
    public int compareTo(Fence other) {
        return era == other.era ? Integer.compare(generation, other.generation) : Integer.compare(era, other.era);
    }

    byte[] bytes() {
        return ByteBuffer.allocate(SIZE).putInt(era).putInt(generation).array();
    }

    /** Null for what is none. */
    static @Nullable Fence read(byte @Nullable [] bytes) {
        if (bytes == null || bytes.length != SIZE) {
            return null;
        }
        ByteBuffer in = ByteBuffer.wrap(bytes);
        return new Fence(in.getInt(), in.getInt());
    }
}
