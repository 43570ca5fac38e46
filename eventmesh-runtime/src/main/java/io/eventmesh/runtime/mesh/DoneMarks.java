package io.eventmesh.runtime.mesh;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.time.Scheduler;
import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.spi.storage.Gap;
import io.eventmesh.spi.storage.GroupReader;
import io.eventmesh.spi.storage.Progress;
import io.eventmesh.spi.storage.Storage;
import io.eventmesh.spi.storage.StoredRecord;
import io.eventmesh.spi.storage.StreamPartition;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Marks single records as done for a group that nobody is a member of: opens its reader, commits, and gives it up again.
 * Thread-safe.
 */
final class DoneMarks implements GroupReader.Listener {
    static final Comparator<StreamPartition> ORDER =
            Comparator.comparing(StreamPartition::stream).thenComparingInt(StreamPartition::index);

    private record Assigned(long epoch, Progress progress) {}

    /** Where another runtime marks letters of the same stream, or the engine does not answer, it is for the caller to try again. */
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final Map<StreamPartition, CompletableFuture<Assigned>> assigned = new ConcurrentHashMap<>();

    private DoneMarks() {}

    /**
     * Completes when the marks are stored. Fails with STORAGE_UNAVAILABLE when they are not within ten seconds, such as
     * while another runtime has the partitions; then some may be stored later.
     *
     * @param done offsets by partition, each less than {@link Progress#MAX_SPAN} above the group's watermark
     */
    static CompletionStage<Void> store(
            Storage storage, Scheduler scheduler, SubscriptionName group, Map<StreamPartition, List<Long>> done) {
        DoneMarks marks = new DoneMarks();
        CompletableFuture<Void> answer = new CompletableFuture<>();
        Scheduler.Timer timer = scheduler.schedule(PATIENCE, () -> answer.completeExceptionally(late(group)));
        storage.openReader(group, marks)
                .thenCompose(reader -> {
                    answer.whenComplete((stored, failure) -> reader.close());
                    return marks.commit(reader, done);
                })
                .whenComplete((stored, failure) -> {
                    timer.cancel();
                    if (failure == null) {
                        answer.complete(null);
                    } else {
                        answer.completeExceptionally(EventMeshException.of(failure));
                    }
                });
        return answer;
    }

    private CompletionStage<Void> commit(GroupReader reader, Map<StreamPartition, List<Long>> done) {
        List<CompletionStage<Void>> commits = new ArrayList<>();
        done.forEach((partition, offsets) -> commits.add(of(partition)
                .thenCompose(owned -> reader.commit(partition, owned.epoch(), with(owned.progress(), offsets)))));
        return MeshOperators.all(commits).thenApply(all -> null);
    }

    private static EventMeshException late(SubscriptionName group) {
        return new EventMeshException(
                ErrorCode.STORAGE_UNAVAILABLE,
                "marks of %s: not stored within %s (expected: stored; another runtime may be reading the group)"
                        .formatted(group, PATIENCE));
    }

    private static Progress with(Progress progress, List<Long> offsets) {
        BitSet acked = progress.acked();
        for (long offset : offsets) {
            long bit = offset - progress.watermark();
            if (bit >= 0 && bit < Progress.MAX_SPAN) {
                acked.set((int) bit);
            }
        }
        return Progress.of(progress.watermark(), acked);
    }

    private CompletableFuture<Assigned> of(StreamPartition partition) {
        return assigned.computeIfAbsent(partition, unknown -> new CompletableFuture<>());
    }

    @Override
    public void assigned(StreamPartition partition, long epoch, Progress progress) {
        of(partition).complete(new Assigned(epoch, progress));
    }

    @Override
    public void revoked(StreamPartition partition, long epoch) {
        // a commit under the epoch is refused
    }

    @Override
    public void records(StreamPartition partition, long epoch, List<StoredRecord> records) {
        // none are asked for
    }

    @Override
    public void gap(Gap gap) {
        // what is gone need not be marked
    }

    @Override
    public void failed(EventMeshException cause) {
        assigned.values().forEach(partition -> partition.completeExceptionally(cause));
    }
}
