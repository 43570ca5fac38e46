package io.eventmesh.spi.storage;

import java.nio.charset.StandardCharsets;

/**
 * From key to partition: murmur2 of the key's UTF-8 bytes, as Kafka's default partitioner does it, so that an event
 * keeps its partition when streams move between storages.
 *
 * <p>Spec: Apache Kafka, {@code org.apache.kafka.common.utils.Utils.murmur2}, seed 0x9747b28c.
 */
public final class Partitioner {
    private static final int SEED = 0x9747b28c;
    private static final int M = 0x5bd1e995;
    private static final int R = 24;

    private Partitioner() {}

    /** The partition of a key among {@code partitions}, from 0. */
    public static int partition(String key, int partitions) {
        if (partitions == 1) {
            return 0;
        }
        return (murmur2(key.getBytes(StandardCharsets.UTF_8)) & 0x7fffffff) % partitions;
    }

    static int murmur2(byte[] data) {
        int hash = SEED ^ data.length;
        int whole = data.length & ~3;
        for (int at = 0; at < whole; at += 4) {
            int k = (data[at] & 0xff)
                    | (data[at + 1] & 0xff) << 8
                    | (data[at + 2] & 0xff) << 16
                    | (data[at + 3] & 0xff) << 24;
            k *= M;
            k ^= k >>> R;
            hash = hash * M ^ k * M;
        }
        int left = data.length - whole;
        if (left > 0) {
            for (int i = left - 1; i >= 0; i--) {
                hash ^= (data[whole + i] & 0xff) << (8 * i);
            }
            hash *= M;
        }
        hash ^= hash >>> 13;
        hash *= M;
        return hash ^ hash >>> 15;
    }
}
