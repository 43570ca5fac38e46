package io.eventmesh.storage.memory;

import io.eventmesh.spi.storage.EventRecord;
import io.eventmesh.spi.storage.Gap;
import io.eventmesh.spi.storage.Position;
import io.eventmesh.spi.storage.StoredRecord;
import io.eventmesh.spi.storage.StreamPartition;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * One partition: a ring of records that grows and shrinks, and the cursors of the groups that read it.
 *
 * <p>Its monitor guards it together with its cursors and their assignments. Nobody holds two partitions' monitors, and
 * nobody calls a listener under one: assignments are marked under it, their readers woken after it.
 */
final class PartitionLog {
    /** No record can be freed. */
    static final long NOTHING = Long.MAX_VALUE;

    private static final int SMALLEST = 8;
    private static final StoredRecord[] NO_RECORDS = {};
    private static final Cursor[] NO_CURSORS = {};

    private final StreamPartition id;
    private final Budget stream;
    private final Budget store;
    private final long maxAgeMillis;

    /** Length 0 or a power of two: an idle partition has none. */
    private @Nullable StoredRecord[] ring = NO_RECORDS;

    private int head;
    private int count;
    private long base;
    private long bytes;
    private boolean removed;
    /** Copied when it changes, so that it can be walked without the lock. */
    private volatile Cursor[] cursors = NO_CURSORS;

    /** @param maxAgeMillis 0 for any age */
    PartitionLog(StreamPartition id, Budget stream, Budget store, long maxAgeMillis) {
        this.id = id;
        this.stream = stream;
        this.store = store;
        this.maxAgeMillis = maxAgeMillis;
    }

    StreamPartition id() {
        return id;
    }

    Budget stream() {
        return stream;
    }

    Cursor[] cursors() {
        return cursors;
    }

    synchronized long events() {
        return count;
    }

    /** The offset of the next record. Under the lock. */
    long end() {
        return base + count;
    }

    /** Bytes of an average record. Under the lock. */
    long averageSize() {
        return count == 0 ? 0 : bytes / count;
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
        if (count == ring.length) {
            resize(Math.max(SMALLEST, count * 2));
        }
        long offset = base + count;
        Position position = new Position(id, offset);
        ring[(head + count) & (ring.length - 1)] = new StoredRecord(position, record);
        count++;
        bytes += size;
        for (Cursor cursor : cursors) {
            cursor.appended(offset, now);
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
        while (at < end() && at(at).record().appendTimeMillis() < millis) {
            at++;
        }
        return at;
    }

    /** When the oldest record was appended if no group needs it, else {@link #NOTHING}. */
    synchronized long oldestFree() {
        return count > 0 && base < floor() ? oldest().record().appendTimeMillis() : NOTHING;
    }

    /**
     * Frees records that no group needs, oldest first: at least one if there is any, then until {@code target} bytes
     * are freed or the next one was appended after {@code untilMillis}.
     *
     * @return the freed bytes
     */
    synchronized long free(long target, long untilMillis) {
        long before = bytes;
        long floor = floor();
        while (count > 0 && base < floor) {
            removeOldest();
            if (before - bytes >= target || count == 0 || oldest().record().appendTimeMillis() > untilMillis) {
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
        long before = bytes;
        while (count > 0 && nowMillis - oldest().record().appendTimeMillis() > maxAgeMillis) {
            removeOldest();
        }
        if (bytes == before) {
            return false;
        }
        settle(before, Gap.Why.RETENTION);
        return true;
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
        base += count;
        count = 0;
        ring = NO_RECORDS;
        stream.release(bytes);
        store.release(bytes);
        bytes = 0;
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

    private StoredRecord oldest() {
        return at(base);
    }

    private StoredRecord at(long offset) {
        StoredRecord record = ring[(head + (int) (offset - base)) & (ring.length - 1)];
        if (record == null) {
            throw new IllegalStateException("no record at " + id + "@" + offset);
        }
        return record;
    }

    private void removeOldest() {
        bytes -= oldest().record().size();
        ring[head] = null;
        head = (head + 1) & (ring.length - 1);
        base++;
        count--;
    }

    private long settle(long before, Gap.Why why) {
        long freed = before - bytes;
        stream.release(freed);
        store.release(freed);
        for (Cursor cursor : cursors) {
            cursor.overtaken(base, why);
        }
        if (ring.length > SMALLEST && count < ring.length / 8) {
            resize(Math.max(SMALLEST, ring.length / 4));
        }
        return freed;
    }

    private void resize(int length) {
        @Nullable StoredRecord[] next = new StoredRecord[length];
        int first = Math.min(count, ring.length - head);
        System.arraycopy(ring, head, next, 0, first);
        System.arraycopy(ring, 0, next, first, count - first);
        ring = next;
        head = 0;
    }
}
