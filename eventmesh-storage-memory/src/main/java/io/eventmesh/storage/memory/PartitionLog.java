package io.eventmesh.storage.memory;

import io.eventmesh.spi.storage.EventRecord;
import io.eventmesh.spi.storage.Gap;
import io.eventmesh.spi.storage.Position;
import io.eventmesh.spi.storage.StoredRecord;
import io.eventmesh.spi.storage.StreamPartition;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * One partition: its records and the cursors of the groups that read them.
 *
 * <p>Its monitor guards it together with its cursors and their assignments. Nobody holds two partitions' monitors, and
 * nobody calls a listener under one: assignments are marked under it, their readers woken after it.
 */
final class PartitionLog {
    /** No record can be freed. */
    static final long NOTHING = Long.MAX_VALUE;

    private static final Cursor[] NO_CURSORS = {};

    private final StreamPartition id;
    private final Budget stream;
    private final Budget store;
    private final Recent recent;
    private final long maxAgeMillis;
    private final boolean yielding;
    private final Segments records = new Segments();

    private long base;
    private boolean removed;
    /** Copied when it changes, so that it can be walked without the lock. */
    private volatile Cursor[] cursors = NO_CURSORS;

    /**
     * @param maxAgeMillis 0 for any age
     * @param yielding whether a group that lags too far holds nothing back
     */
    PartitionLog(StreamPartition id, Budget stream, Budget store, Recent recent, long maxAgeMillis, boolean yielding) {
        this.id = id;
        this.stream = stream;
        this.store = store;
        this.recent = recent;
        this.maxAgeMillis = maxAgeMillis;
        this.yielding = yielding;
    }

    StreamPartition id() {
        return id;
    }

    Budget stream() {
        return stream;
    }

    boolean isYielding() {
        return yielding;
    }

    Cursor[] cursors() {
        return cursors;
    }

    synchronized long events() {
        return records.count();
    }

    /** The offset of the next record. Under the lock. */
    long end() {
        return base + records.count();
    }

    /** Bytes of an average record. Under the lock. */
    long averageSize() {
        return records.count() == 0 ? 0 : records.bytes() / records.count();
    }

    /**
     * Appends a record whose bytes are reserved already.
     *
     * @param now monotonic
     * @return null if the stream was removed
     */
    synchronized @Nullable Position append(EventRecord record, int size, long now) {
        if (removed) {
            return null;
        }
        long offset = end();
        Position position = new Position(id, offset);
        records.add(record, size);
        boolean isRead = false;
        for (Cursor cursor : cursors) {
            cursor.appended(offset, now);
            isRead |= cursor.assignment() != null;
        }
        if (isRead) {
            recent.put(new StoredRecord(position, record));
        }
        return position;
    }

    /** Drains the readers that have news. Never under a lock. */
    void wake() {
        for (Cursor cursor : cursors) {
            Assignment assignment = cursor.assignment();
            if (assignment != null) {
                assignment.reader().drainNews();
            }
        }
    }

    /**
     * Takes the next records of an assignment as far as its demand goes. Under the lock.
     *
     * @return how many of {@code into} were filled
     */
    int take(Assignment assignment, @Nullable StoredRecord[] into) {
        Cursor cursor = assignment.cursor();
        long at = Math.max(assignment.next(), base);
        int taken = 0;
        while (assignment.hasDemand() && at < end() && taken < into.length) {
            if (!cursor.progress().isDone(at)) {
                StoredRecord record = at(at);
                into[taken++] = record;
                assignment.satisfy(record.record().size());
            }
            at++;
        }
        assignment.next(at);
        return taken;
    }

    /** The oldest kept record's offset. Under the lock. */
    long base() {
        return base;
    }

    /** The offset of the first record appended at or after a wall time. Under the lock. */
    long firstSince(long millis) {
        long at = base;
        while (at < end() && records.appendTimeMillis((int) (at - base)) < millis) {
            at++;
        }
        return at;
    }

    /** When the oldest record was appended if no group needs it, else {@link #NOTHING}. */
    synchronized long oldestFree() {
        return records.count() > 0 && base < floor() ? records.appendTimeMillis(0) : NOTHING;
    }

    /**
     * Frees records that no group needs, oldest first: at least one if there is any, then until {@code target} bytes
     * are freed or the next one was appended after {@code untilMillis}.
     *
     * @return the freed bytes
     */
    synchronized long free(long target, long untilMillis) {
        long before = records.bytes();
        long floor = floor();
        while (records.count() > 0 && base < floor) {
            removeOldest();
            if (before - records.bytes() >= target
                    || records.count() == 0
                    || records.appendTimeMillis(0) > untilMillis) {
                break;
            }
        }
        return settle(before, Gap.Why.CUT_OFF);
    }

    /** Frees records above the maximal age, needed or not; whether there were any. The caller wakes the readers. */
    synchronized boolean expire(long nowMillis) {
        if (maxAgeMillis == 0) {
            return false;
        }
        long before = records.bytes();
        while (records.count() > 0 && nowMillis - records.appendTimeMillis(0) > maxAgeMillis) {
            removeOldest();
        }
        if (records.bytes() == before) {
            return false;
        }
        settle(before, Gap.Why.RETENTION);
        return true;
    }

    /** Frees everything, needed or not; the count. The caller wakes the readers. */
    synchronized long purge() {
        long events = records.count();
        long before = records.bytes();
        while (records.count() > 0) {
            removeOldest();
        }
        if (events > 0) {
            settle(before, Gap.Why.RETENTION);
        }
        return events;
    }

    /** The record at the offset, or null when it is not there. */
    synchronized @Nullable StoredRecord look(long offset) {
        if (offset < base || offset >= end()) {
            return null;
        }
        return new StoredRecord(new Position(id, offset), records.get((int) (offset - base)));
    }

    boolean ages() {
        return maxAgeMillis > 0;
    }

    synchronized void add(Cursor cursor) {
        Cursor[] more = Arrays.copyOf(cursors, cursors.length + 1);
        more[cursors.length] = cursor;
        cursors = more;
    }

    synchronized void remove(Cursor cursor) {
        cursors = Arrays.stream(cursors).filter(each -> each != cursor).toArray(Cursor[]::new);
    }

    /** Gives everything back; later appends find no stream. */
    synchronized void remove() {
        removed = true;
        stream.release(records.bytes());
        store.release(records.bytes());
        base = end();
        records.clear();
        cursors = NO_CURSORS;
    }

    private long floor() {
        long floor = end();
        for (Cursor cursor : cursors) {
            if (cursor.watermark() < floor && !cursor.group().isCutOff()) {
                floor = cursor.watermark();
            }
        }
        return floor;
    }

    private StoredRecord at(long offset) {
        StoredRecord record = recent.get(id, offset);
        if (record == null) {
            record = new StoredRecord(new Position(id, offset), records.get((int) (offset - base)));
            recent.put(record);
        }
        return record;
    }

    private void removeOldest() {
        records.removeOldest();
        base++;
    }

    private long settle(long before, Gap.Why why) {
        long freed = before - records.bytes();
        stream.release(freed);
        store.release(freed);
        for (Cursor cursor : cursors) {
            cursor.overtaken(base, why);
        }
        records.trim();
        return freed;
    }
}
