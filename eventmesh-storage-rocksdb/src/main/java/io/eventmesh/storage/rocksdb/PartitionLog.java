package io.eventmesh.storage.rocksdb;

import io.eventmesh.spi.storage.EventRecord;
import io.eventmesh.spi.storage.Gap;
import io.eventmesh.spi.storage.Position;
import io.eventmesh.spi.storage.StoredRecord;
import io.eventmesh.spi.storage.StreamPartition;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksDBException;

/**
 * One partition: where it begins and ends, its marks, its newest records and the cursors of the groups that read it.
 *
 * <p>Offsets: {@code base} (oldest kept) ≤ {@code tailFrom} (oldest in the heap) ≤ {@code visible} (not durable yet) ≤
 * {@code end} (next one). Its monitor guards it together with its cursors and their assignments. Nobody holds two
 * partitions' monitors, and nobody calls a listener under one. What is decided under it is put on the pipe under it, so
 * that the disk sees the same order.
 */
final class PartitionLog {
    /** No record can be freed. */
    static final long NOTHING = Long.MAX_VALUE;

    private static final Cursor[] NO_CURSORS = {};

    private final LogStream stream;
    private final StreamPartition id;
    private final LogEnvironment environment;
    private final Marks marks;
    private final ArrayDeque<StoredRecord> tail = new ArrayDeque<>();

    private long base;
    private long baseBytes;
    private long end;
    private long endBytes;
    private long visible;
    private long tailFrom;
    private long lastMillis;
    private boolean removed;
    private boolean basePending;
    /** Copied when it changes, so that it can be walked without the lock. */
    private volatile Cursor[] cursors = NO_CURSORS;
    /** What the batch in the making holds of it; the writing thread's. */
    private List<PendingRecord> gathered = new ArrayList<>();

    PartitionLog(LogStream stream, StreamPartition id, LogEnvironment environment) {
        this.stream = stream;
        this.id = id;
        this.environment = environment;
        this.marks = environment.newMarks();
    }

    LogStream stream() {
        return stream;
    }

    StreamPartition id() {
        return id;
    }

    Cursor[] cursors() {
        return cursors;
    }

    List<PendingRecord> gathered() {
        return gathered;
    }

    List<PendingRecord> takeGathered() {
        List<PendingRecord> taken = gathered;
        gathered = new ArrayList<>();
        return taken;
    }

    /** Names a place in the database, for checksums. */
    long place(long offset) {
        return ((long) stream.id() << 32 | id.index()) * 31 + offset;
    }

    // what recovery found

    void recoveredBase(long offset, long bytes) {
        base = offset;
        baseBytes = bytes;
        recoveredEnd(offset, bytes, 0);
    }

    void recoveredMark(long offset, long bytesBefore, long millis) {
        if (offset >= base) {
            marks.add(offset, bytesBefore, millis);
            recoveredEnd(offset, bytesBefore, millis);
        }
    }

    /** The end is at least here. */
    void recoveredEnd(long offset, long bytes, long millis) {
        if (offset >= end) {
            end = offset;
            endBytes = Math.max(endBytes, bytes);
            visible = end;
            tailFrom = end;
        }
        lastMillis = Math.max(lastMillis, millis);
    }

    /** Nobody knows its end any more: so many offsets are left out. */
    void recoveredLoss(long offsets) {
        recoveredEnd(end + offsets, endBytes, lastMillis);
    }

    void recovered() {
        stream.budget().force(endBytes - baseBytes);
        environment.store().force(endBytes - baseBytes);
    }

    // reading its state

    synchronized long events() {
        return end - base;
    }

    /** The offset of the next record. Under the lock. */
    long end() {
        return end;
    }

    /** The offset of the first record that is not durable. Under the lock. */
    long visible() {
        return visible;
    }

    /** The oldest kept record's offset. Under the lock. */
    long base() {
        return base;
    }

    /** Up to where a reader at the offset reads from the disk. Under the lock. */
    long tailFrom() {
        return tailFrom;
    }

    /** Where to begin looking for the first record of a time; it lies between this and {@link #visible}. */
    synchronized long lookFrom(long millis) {
        int mark = marks.lastBefore(millis);
        return mark < 0 ? base : marks.offset(mark);
    }

    // records come

    /**
     * Appends a record whose bytes are reserved already.
     *
     * @return null if the stream was removed
     */
    synchronized @Nullable PendingRecord append(EventRecord record, int size) {
        if (removed) {
            return null;
        }
        long offset = end++;
        long bytesBefore = endBytes;
        endBytes += size;
        long millisBefore = lastMillis;
        lastMillis = Math.max(lastMillis, record.appendTimeMillis());
        boolean marked = marks.isDue(bytesBefore, lastMillis);
        if (marked) {
            marks.add(offset, bytesBefore, millisBefore);
        }
        PendingRecord pending = new PendingRecord(
                this,
                new Position(id, offset),
                record,
                size,
                bytesBefore,
                lastMillis,
                marked ? millisBefore : PendingRecord.UNMARKED);
        environment.pipe().offer(pending);
        return pending;
    }

    /** Records are durable: readers may have them. The answering thread's, which wakes the readers afterwards. */
    void publish(List<PendingRecord> records) {
        TailBudget budget = environment.tail();
        synchronized (this) {
            if (removed) {
                return;
            }
            PendingRecord last = records.get(records.size() - 1);
            visible = last.position().offset() + 1;
            boolean read = false;
            for (Cursor cursor : cursors) {
                read |= cursor.assignment() != null;
            }
            if (!read) {
                tail.clear();
                tailFrom = visible;
            } else {
                for (PendingRecord record : records) {
                    tail.addLast(new StoredRecord(record.position(), record.record()));
                    budget.keep(this, record.position().offset(), record.size());
                }
            }
            for (Cursor cursor : cursors) {
                cursor.published();
            }
        }
    }

    /** Lets go of a record in the heap. */
    synchronized void forget(long offset) {
        if (!tail.isEmpty() && tailFrom <= offset) {
            tail.removeFirst();
            tailFrom++;
        }
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
     * Takes the next records of an assignment out of the heap as far as its demand goes. Under the lock.
     *
     * @return whether there are more, on the disk
     */
    boolean take(Assignment assignment, List<StoredRecord> into, int most) {
        Cursor cursor = assignment.cursor();
        long at = Math.max(assignment.next(), base);
        if (at < tailFrom) {
            assignment.next(at);
            return assignment.hasDemand() && at < visible;
        }
        if (!assignment.hasDemand() || at >= visible) {
            return false;
        }
        if (at == tailFrom && isOnlyReader(assignment)) {
            takeFirst(assignment, into, most);
            return false;
        }
        int skip = (int) (at - tailFrom);
        for (StoredRecord record : tail) {
            if (skip-- > 0) {
                continue;
            }
            if (!assignment.hasDemand() || into.size() == most) {
                break;
            }
            at = give(assignment, cursor, record, into);
        }
        assignment.next(at);
        forgetPassed();
        return false;
    }

    private void takeFirst(Assignment assignment, List<StoredRecord> into, int most) {
        while (!tail.isEmpty() && assignment.hasDemand() && into.size() < most) {
            tailFrom = give(assignment, assignment.cursor(), tail.removeFirst(), into);
        }
        assignment.next(tailFrom);
    }

    private static long give(Assignment assignment, Cursor cursor, StoredRecord record, List<StoredRecord> into) {
        long offset = record.position().offset();
        if (!cursor.progress().isDone(offset)) {
            into.add(record);
            assignment.satisfy(record.record().size());
        }
        return offset + 1;
    }

    private boolean isOnlyReader(Assignment assignment) {
        for (Cursor cursor : cursors) {
            Assignment other = cursor.assignment();
            if (other != null && other != assignment) {
                return false;
            }
        }
        return true;
    }

    /** What every reader has had need not stay in the heap. */
    private void forgetPassed() {
        long passed = visible;
        for (Cursor cursor : cursors) {
            Assignment assignment = cursor.assignment();
            if (assignment != null) {
                passed = Math.min(passed, assignment.next());
            }
        }
        while (tailFrom < passed && !tail.isEmpty()) {
            tail.removeFirst();
            tailFrom++;
        }
    }

    // records go

    /** When the oldest segment that no group needs ended, else {@link #NOTHING}. */
    synchronized long oldestFree() {
        return segmentEnd() <= floor() ? segmentMillis() : NOTHING;
    }

    /**
     * Frees segments that no group needs, oldest first: at least one if there is any, then until {@code target} bytes are
     * freed or the next one is younger than {@code untilMillis}.
     *
     * @return the freed bytes
     */
    synchronized long free(long target, long untilMillis) {
        long before = baseBytes;
        long floor = floor();
        while (marks.count() > 0 && segmentEnd() <= floor) {
            removeSegment();
            if (baseBytes - before >= target || marks.count() == 0 || segmentMillis() > untilMillis) {
                break;
            }
        }
        return settle(before);
    }

    /** Frees segments above the maximal age, needed or not; whether there were any. The caller wakes the readers. */
    synchronized boolean expire(long nowMillis) {
        if (environment.maxAgeMillis() == 0) {
            return false;
        }
        long before = baseBytes;
        while (marks.count() > 0
                && segmentEnd() <= visible
                && nowMillis - segmentMillis() > environment.maxAgeMillis()) {
            removeSegment();
        }
        return settle(before) > 0;
    }

    /** Sees to it that a segment ends here, which is answered, so that {@link #purge} can free what is before. */
    synchronized long cut() {
        marks.want();
        return end;
    }

    /** Frees the segments below a cut, needed or not; how many records. The caller wakes the readers. */
    synchronized long purge(long cut) {
        long first = base;
        long before = baseBytes;
        while (marks.count() > 0 && segmentEnd() <= Math.min(cut, visible)) {
            removeSegment();
        }
        settle(before);
        return base - first;
    }

    boolean ages() {
        return environment.maxAgeMillis() > 0;
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
        long bytes = endBytes - baseBytes;
        base = end;
        baseBytes = endBytes;
        tail.clear();
        tailFrom = visible;
        stream.budget().release(bytes);
        environment.store().release(bytes);
        cursors = NO_CURSORS;
    }

    private long floor() {
        long floor = visible;
        for (Cursor cursor : cursors) {
            floor = Math.min(floor, cursor.watermark());
        }
        return floor;
    }

    /** The end of the oldest segment; {@link #NOTHING} when there is none. */
    private long segmentEnd() {
        return marks.count() == 0 ? NOTHING : marks.count() == 1 ? end : marks.offset(1);
    }

    /** The latest append time in the oldest segment or before. */
    private long segmentMillis() {
        return marks.count() == 1 ? lastMillis : marks.millis(1);
    }

    private void removeSegment() {
        base = segmentEnd();
        baseBytes = marks.count() == 1 ? endBytes : marks.bytes(1);
        marks.removeFirst();
    }

    private long settle(long before) {
        long freed = baseBytes - before;
        if (freed == 0) {
            return 0;
        }
        stream.budget().release(freed);
        environment.store().release(freed);
        while (tailFrom < base) {
            if (tail.isEmpty()) {
                tailFrom = base;
            } else {
                tail.removeFirst();
                tailFrom++;
            }
        }
        for (Cursor cursor : cursors) {
            cursor.overtaken(base, Gap.Why.RETENTION);
        }
        if (!basePending) {
            basePending = true;
            environment.pipe().offer(new FactChange(this::writeBase));
        }
        return freed;
    }

    /** Removes from the disk what lies below the base. */
    private void writeBase(Batch batch) throws RocksDBException {
        long offset;
        long bytes;
        synchronized (this) {
            basePending = false;
            if (removed) {
                return;
            }
            offset = base;
            bytes = baseBytes;
        }
        int number = stream.id();
        int index = id.index();
        byte[] from = Keys.chunk(number, index, 0);
        byte[] to = Keys.chunk(number, index, offset);
        batch.put(
                Table.FACTS,
                Keys.base(number, index),
                new BinaryWriter().i64(offset).i64(bytes).bytes());
        batch.deleteRange(Table.FACTS, Keys.mark(number, index, 0), Keys.mark(number, index, offset));
        batch.deleteRange(Table.INDEX, from, to);
        batch.deleteRange(Table.RECORDS, from, to);
    }
}
