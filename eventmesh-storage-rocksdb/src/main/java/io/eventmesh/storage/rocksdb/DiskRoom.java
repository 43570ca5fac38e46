package io.eventmesh.storage.rocksdb;

import io.eventmesh.common.time.MeshClock;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether the disk has room for more, looked at now and then by the writing thread. What lies below the minimum is the
 * reserve of progress, of parked events' ends and of compaction, which make room again.
 */
final class DiskRoom {
    private static final Logger log = LoggerFactory.getLogger(DiskRoom.class);
    private static final long EVERY_NANOS = 100_000_000;

    private final LongSupplier usable;
    private final long minFree;
    private final MeshClock clock;
    private volatile boolean scarce;
    private volatile long free = Long.MAX_VALUE;
    private long lookedAt;

    /** @param usable bytes that this process may still write; throws nothing */
    DiskRoom(LongSupplier usable, long minFree, MeshClock clock) {
        this.usable = usable;
        this.minFree = minFree;
        this.clock = clock;
    }

    boolean isScarce() {
        return scarce;
    }

    /** As it was found last. */
    long free() {
        return free;
    }

    long minFree() {
        return minFree;
    }

    /** Looks, if the last look is a while ago. */
    void refresh() {
        long now = clock.nanoTime();
        if (now - lookedAt >= EVERY_NANOS) {
            look();
        }
    }

    void look() {
        lookedAt = clock.nanoTime();
        free = usable.getAsLong();
        boolean now = free < minFree;
        if (now && !scarce) {
            log.warn("Disk is full, publishers are refused. freeBytes={} minFreeBytes={}", free, minFree);
        } else if (!now && scarce) {
            log.info("Disk has room again. freeBytes={} minFreeBytes={}", free, minFree);
        }
        scarce = now;
    }
}
