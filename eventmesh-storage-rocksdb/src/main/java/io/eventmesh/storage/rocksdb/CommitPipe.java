package io.eventmesh.storage.rocksdb;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.thread.NamedThreads;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksDBException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one way to the disk: everything that is to become durable, in order, synced together.
 *
 * <p>One thread takes all that waits, writes it as one batch and begins with the next at once; another answers what is
 * durable and wakes the readers, so that what these do does not hold the disk up. Both end with {@link #close}.
 *
 * <p>States: new → running → broken (a write failed: nobody knows what the disk has, so nothing is written any more) →
 * closed. What waits when it breaks fails; so does whatever comes later.
 */
final class CommitPipe implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(CommitPipe.class);
    /** A batch ends beyond it: a larger one would keep the first of it waiting. */
    private static final long MAX_BATCH_BYTES = 4L << 20;

    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final long IDLE_NANOS = 100_000_000;
    private static final long STALL_NANOS = 2_000_000;
    /** Stalls after which an error that stands in the way is believed, and after which a close waits no longer. */
    private static final int PATIENT_STALLS = 1_000;

    private static final int MAX_CLOSING_STALLS = 5_000;

    /** What was written together. */
    private record Written(List<Change> changes, List<List<PendingRecord>> records, long weight) {}

    private final Database database;
    private final TailBudget tail;
    private final RecordChecksum checksum;
    private final long limit;
    private final Runnable idle;
    private final Consumer<Exception> onBroken;
    private final Queue<Change> waiting = new ConcurrentLinkedQueue<>();
    private final Queue<Written> written = new ConcurrentLinkedQueue<>();
    /** Bytes of what waits or is not answered. */
    private final AtomicLong weight = new AtomicLong();

    private final AtomicBoolean writerSleeps = new AtomicBoolean();
    private final AtomicBoolean answererSleeps = new AtomicBoolean();
    private final Thread writer = NamedThreads.named("mesh-storage-write", this::writeAll);
    private final Thread answerer = NamedThreads.named("mesh-storage-answer", this::answerAll);
    private volatile boolean started;
    private volatile boolean closing;
    private volatile boolean writerEnded;
    private volatile @Nullable EventMeshException broken;

    /**
     * @param limit bytes that may be on their way
     * @param idle is run on the writing thread now and then, at most every tenth of a second or after each batch
     * @param onBroken is told, on the writing thread, what broke it
     */
    CommitPipe(
            Database database,
            TailBudget tail,
            RecordChecksum checksum,
            long limit,
            Runnable idle,
            Consumer<Exception> onBroken) {
        this.database = database;
        this.tail = tail;
        this.checksum = checksum;
        this.limit = limit;
        this.idle = idle;
        this.onBroken = onBroken;
    }

    void start() {
        started = true;
        writer.start();
        answerer.start();
    }

    /** Whether a publisher may put so many bytes more on the way. */
    boolean hasRoom(int bytes) {
        return weight.get() + bytes <= limit;
    }

    /** What broke it, null for nothing. */
    @Nullable
    EventMeshException broken() {
        return broken;
    }

    /** Puts a change behind all others. Never waits; may be called under locks. */
    void offer(Change change) {
        weight.addAndGet(change.weight());
        waiting.add(change);
        if (writerEnded) {
            // the writing thread looks no more, or looked before this came
            failWaiting();
        } else {
            wake(writer, writerSleeps);
        }
    }

    /** Whether a thread goes on after the close: then what it uses must stay. */
    boolean isAlive() {
        return writer.isAlive() || answerer.isAlive();
    }

    /** Writes what was offered, answers it and ends the threads. */
    @Override
    public void close() {
        closing = true;
        if (!started) {
            writerEnded = true;
            failWaiting();
            return;
        }
        LockSupport.unpark(writer);
        LockSupport.unpark(answerer);
        join(writer);
        join(answerer);
    }

    private static void join(Thread thread) {
        if (thread == Thread.currentThread()) {
            return;
        }
        try {
            thread.join(PATIENCE.toMillis());
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
        if (thread.isAlive()) {
            log.warn("Thread of the storage goes on after the close. thread={}", thread.getName());
        }
    }

    private static void wake(Thread thread, AtomicBoolean sleeps) {
        if (sleeps.get() && sleeps.compareAndSet(true, false)) {
            LockSupport.unpark(thread);
        }
    }

    /** Sleeps until there is something in the queue, for a moment at most. */
    private static void rest(Queue<?> queue, AtomicBoolean sleeps) {
        sleeps.set(true);
        if (queue.isEmpty()) {
            LockSupport.parkNanos(IDLE_NANOS);
        }
        sleeps.set(false);
    }

    // the writing thread

    private void writeAll() {
        try (Batch batch = new Batch(database, new Chunk(new RecordForm(checksum), checksum))) {
            while (broken == null) {
                if (!waiting.isEmpty()) {
                    writeNext(batch);
                } else if (closing) {
                    break;
                } else {
                    rest(waiting, writerSleeps);
                }
                idle.run();
            }
        } finally {
            writerEnded = true;
            failWaiting();
            LockSupport.unpark(answerer);
        }
    }

    private void writeNext(Batch batch) {
        batch.begin();
        List<Change> changes = new ArrayList<>();
        long bytes = 0;
        try {
            Change next = waiting.peek();
            while (next != null && bytes < MAX_BATCH_BYTES && (changes.isEmpty() || !batch.mustEndBefore(next))) {
                waiting.remove();
                bytes += next.weight();
                put(next, batch, changes);
                next = waiting.peek();
            }
            if (changes.isEmpty()) {
                weight.addAndGet(-bytes);
                return;
            }
            batch.seal();
            write(batch);
        } catch (RocksDBException | RuntimeException failed) {
            fail(changes, batch, bytes, failed);
            return;
        }
        written.add(new Written(changes, batch.takeGathered(), bytes));
        wake(answerer, answererSleeps);
    }

    private void write(Batch batch) throws RocksDBException {
        int stalls = 0;
        while (!batch.write()) {
            if (stalls++ == 0) {
                database.stallBegins();
            }
            boolean hopeless = stalls > PATIENT_STALLS && !database.stallCause().isEmpty();
            if (hopeless || (closing && stalls > MAX_CLOSING_STALLS)) {
                throw new RocksDBException("buffers cannot be written to files: " + database.stallCause());
            }
            LockSupport.parkNanos(STALL_NANOS);
            idle.run();
        }
    }

    private static void put(Change change, Batch batch, List<Change> changes) throws RocksDBException {
        try {
            change.write(batch);
            changes.add(change);
        } catch (EventMeshException refused) {
            change.failed(refused);
        } catch (RocksDBException | RuntimeException failed) {
            changes.add(change);
            throw failed;
        }
    }

    private void fail(List<Change> changes, Batch batch, long bytes, Exception failed) {
        EventMeshException why = new EventMeshException(
                ErrorCode.STORAGE_UNAVAILABLE, "write to rocksdb's log failed: " + Failures.text(failed), failed);
        broken = why;
        batch.takeGathered();
        weight.addAndGet(-bytes);
        onBroken.accept(failed);
        changes.forEach(change -> change.failed(why));
    }

    private void failWaiting() {
        EventMeshException why = broken;
        if (why == null) {
            why = new EventMeshException(ErrorCode.STORAGE_UNAVAILABLE, "storage: closed (expected: open)");
        }
        for (Change change = waiting.poll(); change != null; change = waiting.poll()) {
            weight.addAndGet(-change.weight());
            change.failed(why);
        }
    }

    // the answering thread

    private void answerAll() {
        while (true) {
            boolean last = writerEnded;
            Written next = written.poll();
            if (next != null) {
                answer(next);
            } else if (last) {
                return;
            } else {
                rest(written, answererSleeps);
            }
        }
    }

    private void answer(Written batch) {
        for (List<PendingRecord> records : batch.records()) {
            records.get(0).log().publish(records);
        }
        weight.addAndGet(-batch.weight());
        for (Change change : batch.changes()) {
            try {
                change.durable();
            } catch (RuntimeException defect) {
                log.error("Answer to a change failed.", defect);
            }
        }
        for (List<PendingRecord> records : batch.records()) {
            records.get(0).log().wake();
        }
        tail.trim();
    }
}
