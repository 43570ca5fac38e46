package io.eventmesh.storage.rocksdb;

import io.eventmesh.common.config.Check;
import io.eventmesh.common.config.DataSize;
import io.eventmesh.common.config.Doc;
import java.time.Duration;

/**
 * How durable the storage is, what it keeps and the memory it uses.
 *
 * @param durability what an ack means
 * @param retention how much is kept for how long
 * @param minFreeBytes of the disk, below which publishers are refused
 * @param queueBytes of records on their way to the disk
 * @param tailBytes of records in the heap for readers that keep up
 * @param blockCache of RocksDB, native
 * @param writeBuffer of RocksDB, native; up to three of them at once
 */
public record RocksStorageConfig(
        @Doc(
                "With fsync an event is acked when the disk has it, with os when the operating system has it, which survives a kill but no power failure.")
        Sync durability,

        Retention retention,

        @Doc(
                "Free bytes on the disk below which publishers are refused with STORAGE_FULL; what is left is for progress, parked events' ends and compaction.")
        DataSize minFreeBytes,

        @Doc("Bytes of events on their way to the disk; publishers are refused with OVERLOADED beyond it.")
        DataSize queueBytes,

        @Doc("Bytes of the heap that hold the newest events for groups that keep up; others read from the disk.")
        DataSize tailBytes,

        @Doc("Native memory for blocks read from the disk.") DataSize blockCache,

        @Doc("Native memory in which new events gather before they become a file; up to three are in use at once.")
        DataSize writeBuffer) {

    /** When an append counts as done. */
    public enum Sync {
        FSYNC,
        OS
    }

    /**
     * How much is kept for how long.
     *
     * @param bytes of all records and parked events together
     * @param streamBytes of one stream's records; a larger value than {@code bytes} counts as that
     * @param age of a record, from its append; 0 for any
     */
    public record Retention(
            @Doc(
                    "Bytes of all events, parked ones included. Events that every group has finished are freed beyond it, then publishers are refused.")
            DataSize bytes,

            @Doc("The same bound for the events of one stream; also the largest event that is taken.")
            DataSize streamBytes,

            @Doc("Events older than this are removed, whoever still needs them; 0s keeps them until room is needed.")
            Duration age) {
        public Retention {
            Check.positive("bytes", bytes);
            Check.positive("stream-bytes", streamBytes);
            Check.notNegative("age", age);
        }
    }

    public RocksStorageConfig {
        Check.positive("queue-bytes", queueBytes);
        Check.range("block-cache", blockCache.bytes(), 1 << 20, 1L << 40);
        Check.range("write-buffer", writeBuffer.bytes(), 1 << 20, 1L << 32);
    }

    /**
     * Acks after fsync, 16 GiB in all and 4 GiB a stream, no maximal age, 128 MiB of the disk kept free. Memory: up to 24
     * MiB of the heap and about 100 MiB of native memory.
     */
    public static RocksStorageConfig defaults() {
        return new RocksStorageConfig(
                Sync.FSYNC,
                new Retention(DataSize.ofMebibytes(16 << 10), DataSize.ofMebibytes(4 << 10), Duration.ZERO),
                DataSize.ofMebibytes(128),
                DataSize.ofMebibytes(16),
                DataSize.ofMebibytes(8),
                DataSize.ofMebibytes(16),
                DataSize.ofMebibytes(16));
    }

    /** What one stream may hold. */
    long streamLimit() {
        return Math.min(retention.streamBytes().bytes(), retention.bytes().bytes());
    }
}
