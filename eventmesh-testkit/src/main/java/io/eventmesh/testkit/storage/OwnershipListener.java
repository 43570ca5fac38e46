package io.eventmesh.testkit.storage;

import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.spi.storage.Gap;
import io.eventmesh.spi.storage.GroupReader;
import io.eventmesh.spi.storage.Progress;
import io.eventmesh.spi.storage.StoredRecord;
import io.eventmesh.spi.storage.StreamPartition;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/** A reader with its listener, which knows what it owns now. Thread-safe. */
final class OwnershipListener implements GroupReader.Listener, AutoCloseable {
    private record Owned(long epoch, Progress progress) {}

    private final Map<StreamPartition, Owned> owned = new ConcurrentHashMap<>();
    /** The last of each, also of what was given up. */
    private final Map<StreamPartition, Owned> latest = new ConcurrentHashMap<>();

    private final List<StoredRecord> records = new CopyOnWriteArrayList<>();
    private final CompletableFuture<GroupReader> opened = new CompletableFuture<>();
    private volatile boolean commitsAll;

    void reader(GroupReader reader) {
        opened.complete(reader);
    }

    /** Everything that came is done, and is committed when its partition is given up. */
    void commitsAllWhenReleasing() {
        commitsAll = true;
    }

    Set<StreamPartition> owned() {
        return Set.copyOf(owned.keySet());
    }

    List<String> ids() {
        return records.stream().map(each -> each.record().event().id()).toList();
    }

    long epochOf(StreamPartition partition) {
        return last(partition).epoch();
    }

    Progress progressOf(StreamPartition partition) {
        return last(partition).progress();
    }

    void request(StreamPartition partition, long bytes) {
        reader().request(partition, bytes);
    }

    /** Under the last epoch that the partition was owned under. */
    CompletionStage<Void> commit(StreamPartition partition, Progress progress) {
        return reader().commit(partition, epochOf(partition), progress);
    }

    @Override
    public void close() {
        reader().close();
        owned.clear();
    }

    private GroupReader reader() {
        return Objects.requireNonNull(opened.getNow(null), "not opened");
    }

    private Owned last(StreamPartition partition) {
        @Nullable Owned found = latest.get(partition);
        if (found == null) {
            throw new AssertionError(partition + " was never assigned");
        }
        return found;
    }

    @Override
    public void assigned(StreamPartition partition, long epoch, Progress progress) {
        latest.put(partition, new Owned(epoch, progress));
        owned.put(partition, new Owned(epoch, progress));
    }

    @Override
    public CompletionStage<Void> releasing(StreamPartition partition, long epoch) {
        long done = records.stream()
                .filter(each -> each.position().partition().equals(partition))
                .mapToLong(each -> each.position().offset() + 1)
                .max()
                .orElse(0);
        return commitsAll && done > 0
                ? reader().commit(partition, epoch, Progress.at(done))
                : CompletableFuture.completedStage(null);
    }

    @Override
    public void revoked(StreamPartition partition, long epoch) {
        owned.remove(partition);
    }

    @Override
    public void records(StreamPartition partition, long epoch, List<StoredRecord> more) {
        records.addAll(more);
    }

    @Override
    public void gap(Gap gap) {
        // what is gone is of no interest here
    }

    @Override
    public void failed(EventMeshException cause) {
        owned.clear();
    }
}
