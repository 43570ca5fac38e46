package io.eventmesh.storage.rocksdb;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.spi.storage.Gap;
import io.eventmesh.spi.storage.GroupReader;
import io.eventmesh.spi.storage.Progress;
import io.eventmesh.spi.storage.StoredRecord;
import io.eventmesh.spi.storage.StreamPartition;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A reader without a thread of its own: whoever answers, asks or read from the disk hands over what is due.
 *
 * <p>Assignments with news stand in a linked list that any thread pushes to; one thread at a time drains it, and whoever
 * comes meanwhile only leaves word. So the listener's calls come one after another, and a listener that calls back from
 * inside does not deepen the stack.
 */
final class RocksReader implements GroupReader {
    private static final Logger log = LoggerFactory.getLogger(RocksReader.class);
    private static final int BATCH = 256;

    private final OpenStorage storage;
    private final Group group;
    private final Listener listener;
    private final Map<StreamPartition, Assignment> assignments = new ConcurrentHashMap<>();
    private final AtomicReference<@Nullable Assignment> news = new AtomicReference<>();
    /** Calls for a drain that are not done with; whoever raises it from zero drains. */
    private final AtomicInteger calls = new AtomicInteger();

    private volatile boolean closed;

    RocksReader(OpenStorage storage, Group group, Listener listener) {
        this.storage = storage;
        this.group = group;
        this.listener = listener;
    }

    Group group() {
        return group;
    }

    Collection<Assignment> assignments() {
        return assignments.values();
    }

    /** Under the structure lock; the caller drains later. */
    void assign(Cursor cursor, long epoch) {
        synchronized (cursor.log()) {
            Assignment assignment = new Assignment(this, cursor, epoch);
            assignments.put(cursor.log().id(), assignment);
            cursor.assign(assignment);
            assignment.mark();
        }
    }

    /** Under the structure lock; the caller drains later. */
    void revoke(Cursor cursor) {
        Assignment assignment = assignments.get(cursor.log().id());
        if (assignment == null || assignment.cursor() != cursor) {
            return;
        }
        synchronized (cursor.log()) {
            assignment.revoke();
            assignment.mark();
        }
        assignments.remove(cursor.log().id(), assignment);
    }

    @Override
    public void request(StreamPartition partition, long bytes) {
        if (bytes <= 0) {
            throw new IllegalArgumentException("requested bytes: " + bytes + " (expected: > 0)");
        }
        Assignment assignment = assignments.get(partition);
        if (assignment == null) {
            return;
        }
        synchronized (assignment.cursor().log()) {
            assignment.addDemand(bytes);
            if (assignment.hasDemand()) {
                assignment.mark();
            }
        }
        drainNews();
    }

    @Override
    public CompletionStage<Void> commit(StreamPartition partition, long epoch, Progress progress) {
        EventMeshException unavailable = storage.unavailable();
        if (unavailable != null) {
            return CompletableFuture.failedStage(unavailable);
        }
        Assignment assignment = assignments.get(partition);
        if (assignment == null || assignment.epoch() != epoch) {
            return fenced(partition, epoch);
        }
        Cursor cursor = assignment.cursor();
        CompletionStage<Void> answer;
        synchronized (cursor.log()) {
            if (cursor.assignment() != assignment) {
                return fenced(partition, epoch);
            }
            if (reach(progress) > cursor.log().visible()) {
                return CompletableFuture.failedStage(new EventMeshException(
                        ErrorCode.REQUEST_INVALID,
                        "progress in %s: %s (expected: at most %s)"
                                .formatted(partition, progress, cursor.log().visible())));
            }
            answer = cursor.commit(progress);
        }
        storage.stir(cursor.log());
        return answer;
    }

    @Override
    public void close() {
        closed = true;
        storage.closed(this);
    }

    /** Puts an assignment on the list of what has news. */
    void push(Assignment assignment) {
        Assignment first;
        do {
            first = news.get();
            assignment.link = first;
        } while (!news.compareAndSet(first, assignment));
    }

    /** Tells the listener what there is to tell. Never under a lock. */
    void drainNews() {
        if (news.get() == null || calls.getAndIncrement() != 0) {
            return;
        }
        int done = 1;
        do {
            Assignment next = reversed(news.getAndSet(null));
            while (next != null) {
                Assignment current = next;
                next = current.link;
                current.link = null;
                current.unmark();
                tell(current);
            }
            done = news.get() == null ? calls.addAndGet(-done) : done;
        } while (done != 0);
    }

    /** It cannot go on: closes itself and says so. Never under a lock. */
    void fail(EventMeshException cause) {
        if (closed) {
            return;
        }
        close();
        try {
            listener.failed(cause);
        } catch (RuntimeException again) {
            log.error("Listener failed when it was told of its failure. group={}", group.name(), again);
        }
    }

    private static @Nullable Assignment reversed(@Nullable Assignment newestFirst) {
        Assignment oldestFirst = null;
        Assignment next = newestFirst;
        while (next != null) {
            Assignment current = next;
            next = current.link;
            current.link = oldestFirst;
            oldestFirst = current;
        }
        return oldestFirst;
    }

    private void tell(Assignment assignment) {
        if (closed) {
            return;
        }
        try {
            tellNews(assignment);
        } catch (RuntimeException defect) {
            log.error("Listener failed, its reader is closed. group={}", group.name(), defect);
            fail(new EventMeshException(ErrorCode.INTERNAL, "the listener of a reader failed", defect));
        }
    }

    private void tellNews(Assignment assignment) {
        PartitionLog partition = assignment.cursor().log();
        List<StoredRecord> records = new ArrayList<>();
        Gap gap;
        boolean revoked;
        boolean fetch = false;
        boolean announce = !assignment.announced && !assignment.ended;
        storage.expire(partition);
        synchronized (partition) {
            revoked = assignment.isRevoked();
            if (announce && revoked) {
                assignment.ended = true;
                return;
            }
            gap = assignment.takeGap();
            if (!revoked && !assignment.isFetching()) {
                records.addAll(assignment.takeFetched(partition.base()));
                fetch = records.isEmpty() && partition.take(assignment, records, BATCH) && assignment.beginFetch();
                if (!fetch && assignment.hasDemand() && assignment.next() < partition.visible()) {
                    assignment.mark();
                }
            }
        }
        StreamPartition id = partition.id();
        if (announce) {
            assignment.announced = true;
            listener.assigned(id, assignment.epoch(), assignment.start());
        }
        if (gap != null && !closed) {
            listener.gap(gap);
        }
        if (!records.isEmpty() && !closed) {
            listener.records(id, assignment.epoch(), Collections.unmodifiableList(records));
        }
        if (revoked && !assignment.ended && !closed) {
            assignment.ended = true;
            listener.revoked(id, assignment.epoch());
        }
        if (fetch) {
            storage.fetch(assignment);
        }
    }

    /** The offset after the last one that is done. */
    private static long reach(Progress progress) {
        return progress.watermark()
                + (progress.ackedAbove() == 0 ? 0 : progress.acked().length());
    }

    private static CompletionStage<Void> fenced(StreamPartition partition, long epoch) {
        return CompletableFuture.failedStage(new EventMeshException(
                ErrorCode.FENCED, "epoch of %s: %s (expected: the current one)".formatted(partition, epoch)));
    }
}
