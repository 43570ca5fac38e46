package io.eventmesh.storage.memory;

import io.eventmesh.common.config.Check;
import io.eventmesh.common.config.DataSize;
import io.eventmesh.common.config.Doc;
import java.time.Duration;

/**
 * The bounds of the memory storage.
 *
 * @param maxBytes of all records and parked events together
 * @param streamMaxBytes of one stream's records; a larger value than {@code maxBytes} counts as that
 * @param maxLag in events
 * @param maxLagBytes the same bound in bytes; 0 for half of {@code streamMaxBytes}
 * @param stallAfter how long a group may ack nothing before it counts as stalled
 * @param maxAge of a record, 0 for any
 */
public record MemoryStorageConfig(
        @Doc(
                "Bytes of all events, parked ones included; publishers are refused beyond it. Default: a quarter of the heap.")
        DataSize maxBytes,

        @Doc(
                "Bytes of one stream's events, at most max-bytes; also the largest event that is taken. Default: 64 MiB, at most half of max-bytes.")
        DataSize streamMaxBytes,

        @Doc("Events that a group may lag behind before it can be cut off to make room.")
        long maxLag,

        @Doc("Bytes that a group may lag behind before it can be cut off to make room; 0 is half of stream-max-bytes.")
        DataSize maxLagBytes,

        @Doc("How long a lagging group must have acked nothing before it is cut off.")
        Duration stallAfter,

        @Doc("Events older than this are removed, whoever still needs them; 0s keeps them until room is needed.")
        Duration maxAge) {
    public MemoryStorageConfig {
        Check.positive("max-bytes", maxBytes);
        // it is kept beside the heap, where the virtual machine allows as much again
        Check.require(
                maxBytes.bytes() <= Runtime.getRuntime().maxMemory(), "max-bytes", maxBytes, "at most the heap, -Xmx");
        Check.positive("stream-max-bytes", streamMaxBytes);
        Check.positive("max-lag", maxLag);
        Check.positive("stall-after", stallAfter);
        Check.notNegative("max-age", maxAge);
    }

    /**
     * A quarter of the heap; 64 MiB a stream, but no more than half of that, so that one full stream is not everybody's;
     * groups cut off beyond 100,000 events and 30 s; no maximal age.
     */
    public static MemoryStorageConfig defaults() {
        DataSize all = new DataSize(Math.max(1, Runtime.getRuntime().maxMemory() / 4));
        DataSize half = new DataSize(Math.max(1, all.bytes() / 2));
        DataSize stream = DataSize.ofMebibytes(64);
        return new MemoryStorageConfig(
                all,
                stream.compareTo(half) < 0 ? stream : half,
                100_000,
                new DataSize(0),
                Duration.ofSeconds(30),
                Duration.ZERO);
    }

    /** What one stream may hold. */
    long streamLimit() {
        return Math.min(streamMaxBytes.bytes(), maxBytes.bytes());
    }

    /** The bytes beyond which a group lags too far. */
    long lagLimit() {
        return maxLagBytes.bytes() == 0 ? streamLimit() / 2 : maxLagBytes.bytes();
    }
}
