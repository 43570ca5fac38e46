package io.eventmesh.storage.kafka;

import io.eventmesh.spi.storage.StreamInfo;

/**
 * What this runtime knows of where a stream's records lie, and an estimate of their bytes. Thread-safe.
 */
final class StreamTail {
    private final StreamEntry entry;
    private final long[] first;
    private final long[] end;
    /** Its topic was removed behind the mesh. */
    private volatile boolean lost;

    /** In all partitions. */
    private long events;
    /** Bytes of a record, as far as records were seen. */
    private double usualSize;

    StreamTail(StreamEntry entry) {
        this.entry = entry;
        this.first = new long[entry.partitions()];
        this.end = new long[entry.partitions()];
    }

    StreamEntry entry() {
        return entry;
    }

    boolean isLost() {
        return lost;
    }

    /** @return whether that is news */
    synchronized boolean lost(boolean value) {
        boolean news = lost != value;
        lost = value;
        return news;
    }

    synchronized long first(int partition) {
        return first[partition];
    }

    synchronized long end(int partition) {
        return end[partition];
    }

    /** Takes over what a broker says; what is known better already stays. */
    synchronized void learned(int partition, long firstOffset, long endOffset) {
        long before = end[partition] - first[partition];
        first[partition] = Math.max(first[partition], firstOffset);
        end[partition] = Math.max(end[partition], Math.max(endOffset, first[partition]));
        events += end[partition] - first[partition] - before;
    }

    /** This runtime appended a record. */
    synchronized void appended(int partition, long offset, int size) {
        if (offset >= end[partition]) {
            long more = offset + 1 - end[partition];
            end[partition] = offset + 1;
            usualSize = (usualSize * events + size) / (events + 1);
            events += more;
        }
    }

    /** What the broker's files take. */
    synchronized void measured(long bytes) {
        if (events > 0 && bytes > 0) {
            usualSize = (double) bytes / events;
        }
    }

    synchronized StreamInfo info() {
        return new StreamInfo(entry.name(), entry.settings(), events, (long) Math.ceil(usualSize * events));
    }
}
