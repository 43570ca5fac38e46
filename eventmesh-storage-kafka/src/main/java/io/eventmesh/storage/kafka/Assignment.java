package io.eventmesh.storage.kafka;

import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.spi.storage.Progress;
import io.eventmesh.spi.storage.StoredRecord;
import io.eventmesh.spi.storage.StreamPartition;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;

/**
 * A partition in the hands of a reader, from assigned to revoked: what was asked for, what a poll brought too much, and
 * the progress that waits to be stored.
 *
 * <p>Demand and commits come from any thread, which may also ask what is read next; all else belongs to the reader's thread.
 */
final class Assignment {
    /** Progress on its way, and whom to answer. */
    record Commit(Progress progress, List<CompletableFuture<Void>> answers) {
        void done() {
            answers.forEach(answer -> answer.complete(null));
        }

        void failed(EventMeshException cause) {
            answers.forEach(answer -> answer.completeExceptionally(cause));
        }
    }

    /** Progress that reaches further than anything known here. */
    record Doubt(Progress progress, CompletableFuture<Void> answer) {}

    private final StreamPartition partition;
    private final TopicPartition place;
    private final Uuid topicId;
    private final long epoch;
    private final Progress start;
    private final AtomicLong demand = new AtomicLong();
    private final Deque<StoredRecord> waiting = new ArrayDeque<>();

    /** Written by the reader's thread. */
    private volatile long next;
    /** Nothing more is handed over. */
    private boolean releasing;

    private boolean flowing;

    /** Stored by now. Guarded by this, as all below. */
    private Progress stored;

    private @Nullable Commit pending;
    private List<Doubt> doubts = List.of();
    private @Nullable EventMeshException over;

    Assignment(StreamPartition partition, TopicPartition place, Uuid topicId, long epoch, Progress start) {
        this.partition = partition;
        this.place = place;
        this.topicId = topicId;
        this.epoch = epoch;
        this.start = start;
        this.next = start.watermark();
        this.stored = start;
    }

    StreamPartition partition() {
        return partition;
    }

    TopicPartition place() {
        return place;
    }

    Uuid topicId() {
        return topicId;
    }

    long epoch() {
        return epoch;
    }

    Progress start() {
        return start;
    }

    // demand

    /** @return whether there was none before */
    boolean request(long bytes) {
        long before = demand.getAndUpdate(have -> {
            long sum = have + bytes;
            return have > 0 && sum < have ? Long.MAX_VALUE : sum;
        });
        return before <= 0;
    }

    boolean wantsMore() {
        return !releasing && demand.get() > 0 && waiting.isEmpty();
    }

    boolean hasSomeToHandOver() {
        return !releasing && !waiting.isEmpty() && demand.get() > 0;
    }

    /** What is handed over now: whole records while the demand is above zero. */
    List<StoredRecord> take() {
        List<StoredRecord> taken = new ArrayList<>();
        while (!waiting.isEmpty() && demand.get() > 0) {
            StoredRecord record = waiting.removeFirst();
            demand.addAndGet(-record.record().size());
            taken.add(record);
        }
        return taken;
    }

    // reading

    /** The offset that is read next. */
    long next() {
        return next;
    }

    void next(long offset) {
        next = offset;
    }

    boolean isWanted(long offset) {
        return offset >= next && !start.isDone(offset);
    }

    void add(StoredRecord record) {
        waiting.addLast(record);
    }

    boolean holdsRecords() {
        return !waiting.isEmpty();
    }

    void release() {
        releasing = true;
        waiting.clear();
    }

    boolean isReleasing() {
        return releasing;
    }

    boolean flows() {
        return flowing;
    }

    void flows(boolean value) {
        flowing = value;
    }

    // progress

    /** Answered when the progress is stored, or when the assignment is over. */
    synchronized CompletionStage<Void> commit(Progress progress) {
        if (over != null) {
            return CompletableFuture.failedStage(over);
        }
        Commit before = pending;
        if (before == null && Progresses.merged(stored, progress).equals(stored)) {
            return CompletableFuture.completedStage(null);
        }
        List<CompletableFuture<Void>> answers = before == null ? new ArrayList<>(1) : before.answers();
        CompletableFuture<Void> answer = new CompletableFuture<>();
        answers.add(answer);
        pending = new Commit(Progresses.merged(before == null ? stored : before.progress(), progress), answers);
        return answer;
    }

    /** Taken as a commit once somebody has looked how far the partition goes. */
    synchronized CompletionStage<Void> doubt(Progress progress) {
        if (over != null) {
            return CompletableFuture.failedStage(over);
        }
        Doubt doubt = new Doubt(progress, new CompletableFuture<>());
        List<Doubt> all = new ArrayList<>(doubts);
        all.add(doubt);
        doubts = all;
        return doubt.answer();
    }

    synchronized List<Doubt> takeDoubts() {
        List<Doubt> taken = doubts;
        doubts = List.of();
        return taken;
    }

    synchronized @Nullable Commit takePending() {
        Commit taken = pending;
        pending = null;
        return taken;
    }

    synchronized boolean hasPending() {
        return pending != null;
    }

    /** It was not stored, and is tried again. */
    void again(Commit commit) {
        EventMeshException ended;
        synchronized (this) {
            ended = over;
            if (ended == null) {
                Commit newer = pending;
                List<CompletableFuture<Void>> answers = new ArrayList<>(commit.answers());
                if (newer != null) {
                    answers.addAll(newer.answers());
                }
                pending = new Commit(
                        newer == null ? commit.progress() : Progresses.merged(newer.progress(), commit.progress()),
                        answers);
            }
        }
        if (ended != null) {
            commit.failed(ended);
        }
    }

    synchronized void stored(Progress progress) {
        stored = Progresses.merged(stored, progress);
    }

    synchronized Progress stored() {
        return stored;
    }

    /** Commits fail from now on, also those that wait. */
    void end(EventMeshException cause) {
        Commit waitingCommit;
        List<Doubt> waitingDoubts;
        synchronized (this) {
            if (over == null) {
                over = cause;
            }
            waitingCommit = takePending();
            waitingDoubts = takeDoubts();
        }
        release();
        waitingDoubts.forEach(doubt -> doubt.answer().completeExceptionally(cause));
        if (waitingCommit != null) {
            waitingCommit.failed(cause);
        }
    }
}
