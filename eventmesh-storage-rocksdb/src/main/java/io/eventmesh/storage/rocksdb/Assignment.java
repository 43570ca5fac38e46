package io.eventmesh.storage.rocksdb;

import io.eventmesh.spi.storage.Gap;
import io.eventmesh.spi.storage.Progress;
import io.eventmesh.spi.storage.StoredRecord;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * A partition in the hands of one reader, from assigned to revoked.
 *
 * <p>Guarded by the partition's log, except for what says otherwise.
 */
final class Assignment {
    private final RocksReader reader;
    private final Cursor cursor;
    private final long epoch;
    private final Progress start;
    /** Whether it stands in the reader's list of what has news. */
    private final AtomicBoolean marked = new AtomicBoolean();

    private long demand;
    private long next;
    private @Nullable Gap untold;
    private boolean revoked;
    /** Whether somebody is reading for it from the disk. */
    private boolean fetching;

    private List<StoredRecord> fetched = List.of();

    /** The next in the reader's list; belongs to whoever set {@link #marked}, then to the draining thread. */
    @Nullable
    Assignment link;
    /** Whether the listener heard of it, and whether of its end; the draining thread's. */
    boolean announced;

    boolean ended;

    Assignment(RocksReader reader, Cursor cursor, long epoch) {
        this.reader = reader;
        this.cursor = cursor;
        this.epoch = epoch;
        this.start = cursor.progress();
        this.next = start.watermark();
    }

    RocksReader reader() {
        return reader;
    }

    Cursor cursor() {
        return cursor;
    }

    long epoch() {
        return epoch;
    }

    Progress start() {
        return start;
    }

    boolean isRevoked() {
        return revoked;
    }

    boolean hasDemand() {
        return demand > 0;
    }

    long demand() {
        return demand;
    }

    void addDemand(long bytes) {
        if (!revoked) {
            long sum = demand + bytes;
            demand = bytes > 0 && sum < demand ? Long.MAX_VALUE : sum;
        }
    }

    void satisfy(long bytes) {
        demand -= bytes;
    }

    long next() {
        return next;
    }

    void next(long offset) {
        next = offset;
    }

    /** Whether the caller may read for it from the disk; it says so by {@link #fetched} or {@link #notFetched}. */
    boolean beginFetch() {
        if (fetching || revoked) {
            return false;
        }
        fetching = true;
        return true;
    }

    void notFetched() {
        fetching = false;
    }

    void fetched(List<StoredRecord> records, long nextOffset) {
        fetching = false;
        fetched = records;
        next = nextOffset;
    }

    /** Takes what came from the disk and was not overtaken meanwhile. */
    List<StoredRecord> takeFetched(long base) {
        List<StoredRecord> taken = fetched;
        fetched = List.of();
        if (!taken.isEmpty() && taken.get(0).position().offset() < base) {
            taken = taken.stream()
                    .filter(record -> record.position().offset() >= base)
                    .toList();
        }
        for (StoredRecord record : taken) {
            demand -= record.record().size();
        }
        return taken;
    }

    boolean isFetching() {
        return fetching;
    }

    void missed(Gap more) {
        Gap before = untold;
        untold = before == null || before.why() != more.why()
                ? more
                : new Gap(more.partition(), before.from(), more.to(), before.count() + more.count(), more.why());
    }

    @Nullable
    Gap takeGap() {
        Gap told = untold;
        untold = null;
        return told;
    }

    void revoke() {
        revoked = true;
        demand = 0;
        fetched = List.of();
        if (cursor.assignment() == this) {
            cursor.assign(null);
        }
    }

    /** Has the reader look at it at its next drain. Any thread, with or without the lock. */
    void mark() {
        if (marked.compareAndSet(false, true)) {
            reader.push(this);
        }
    }

    void unmark() {
        marked.set(false);
    }
}
