package io.eventmesh.storage.rocksdb;

import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.spi.storage.Gap;
import io.eventmesh.spi.storage.Progress;
import io.eventmesh.spi.storage.StreamPartition;
import java.util.BitSet;
import java.util.Comparator;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksDBException;

/**
 * How far a group is in a partition, and who reads it. Guarded by the partition's log.
 *
 * <p>The progress in memory is ahead of the stored one. That is safe: whatever it permits, such as freeing records, goes
 * through the pipe behind it.
 */
final class Cursor {
    static final Comparator<StreamPartition> ORDER =
            Comparator.comparing(StreamPartition::stream).thenComparingInt(StreamPartition::index);

    private final Group group;
    private final PartitionLog log;
    private final CommitPipe pipe;
    private Progress progress;
    private @Nullable ProgressChange pending;
    /** Written under the log's lock, read also without it to find the reader to wake. */
    private volatile @Nullable Assignment assignment;

    Cursor(Group group, PartitionLog log, CommitPipe pipe, Progress progress) {
        this.group = group;
        this.log = log;
        this.pipe = pipe;
        this.progress = progress;
    }

    Group group() {
        return group;
    }

    PartitionLog log() {
        return log;
    }

    Progress progress() {
        return progress;
    }

    long watermark() {
        return progress.watermark();
    }

    long lag() {
        return log.end() - progress.watermark() - progress.ackedAbove();
    }

    @Nullable
    Assignment assignment() {
        return assignment;
    }

    void assign(@Nullable Assignment next) {
        assignment = next;
        if (next != null) {
            group.fence(log.id(), next.epoch());
        }
    }

    /** There are more durable records. */
    void published() {
        Assignment current = assignment;
        if (current != null && current.hasDemand()) {
            current.mark();
        }
    }

    /** Begins anew at the offset. */
    void moveTo(long offset) {
        progress = Progress.at(offset);
        store();
    }

    /**
     * Takes over what the reader committed. Stored again also when nothing is new, since what is known already need not
     * be durable yet.
     *
     * @return completes when it is durable
     */
    CompletableFuture<Void> commit(Progress next) {
        progress = merged(progress, next);
        return store();
    }

    /** Has the progress, as it is when the pipe comes to it, stored. */
    CompletableFuture<Void> store() {
        if (group.isPassing()) {
            return CompletableFuture.completedFuture(null);
        }
        ProgressChange change = pending;
        if (change == null) {
            change = new ProgressChange(this);
            pending = change;
            pipe.offer(change);
        }
        return change.answer();
    }

    /** Records below {@code base} are gone. */
    void overtaken(long base, Gap.Why why) {
        long watermark = progress.watermark();
        if (watermark >= base) {
            return;
        }
        BitSet rest = progress.acked();
        int lost = (int) Math.min(base - watermark, Progress.MAX_SPAN);
        int done = rest.get(0, lost).cardinality();
        progress = Progress.of(base, rest.get(lost, Math.max(lost, rest.length())));
        store();
        missed(new Gap(log.id(), watermark, base, base - watermark - done, why));
    }

    /** The stored bytes of the records from..to-1 are damaged. */
    void damaged(long from, long to) {
        long watermark = progress.watermark();
        if (from <= watermark && to > watermark) {
            BitSet rest = progress.acked();
            int lost = (int) Math.min(to - watermark, Progress.MAX_SPAN);
            progress = Progress.of(to, rest.get(lost, Math.max(lost, rest.length())));
            store();
        } else if (from > watermark && to - watermark < Progress.MAX_SPAN) {
            BitSet acked = progress.acked();
            acked.set((int) (from - watermark), (int) (to - watermark));
            progress = Progress.of(watermark, acked);
            store();
        }
        missed(new Gap(log.id(), from, to, to - from, Gap.Why.CORRUPTION));
    }

    private void missed(Gap gap) {
        group.missed(gap, pipe);
        Assignment current = assignment;
        if (current != null) {
            current.missed(gap);
            current.mark();
        }
    }

    private static Progress merged(Progress one, Progress other) {
        boolean first = one.watermark() > other.watermark();
        Progress ahead = first ? one : other;
        Progress behind = first ? other : one;
        if (behind.ackedAbove() == 0) {
            return ahead;
        }
        BitSet more = behind.acked();
        long shift = ahead.watermark() - behind.watermark();
        if (shift >= more.length()) {
            return ahead;
        }
        BitSet union = ahead.acked();
        union.or(more.get((int) shift, more.length()));
        return Progress.of(ahead.watermark(), union);
    }

    /** The progress as it is when it is written; many commits make one. */
    private static final class ProgressChange implements Change {
        private static final int WEIGHT = 128;

        private final Cursor cursor;
        private final CompletableFuture<Void> answer = new CompletableFuture<>();

        ProgressChange(Cursor cursor) {
            this.cursor = cursor;
        }

        CompletableFuture<Void> answer() {
            return answer;
        }

        @Override
        public int weight() {
            return WEIGHT;
        }

        @Override
        public void write(Batch batch) throws RocksDBException {
            Progress current;
            synchronized (cursor.log) {
                current = cursor.progress;
                cursor.pending = null;
            }
            batch.put(
                    Table.FACTS,
                    Keys.progress(
                            cursor.group.id(),
                            cursor.log.stream().id(),
                            cursor.log.id().index()),
                    Stored.progress(current));
        }

        @Override
        public void durable() {
            answer.complete(null);
        }

        @Override
        public void failed(EventMeshException why) {
            answer.completeExceptionally(why);
        }
    }
}
