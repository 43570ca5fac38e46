package io.eventmesh.testkit.storage;

import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.spi.storage.Gap;
import io.eventmesh.spi.storage.GroupReader;
import io.eventmesh.spi.storage.Progress;
import io.eventmesh.spi.storage.StoredRecord;
import io.eventmesh.spi.storage.StreamPartition;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;

/** Passes every call on, and remembers which partitions were ever assigned. Thread-safe. */
final class AssignedListener implements GroupReader.Listener {
    private final GroupReader.Listener listener;
    private final Set<StreamPartition> assigned = ConcurrentHashMap.newKeySet();

    AssignedListener(GroupReader.Listener listener) {
        this.listener = listener;
    }

    Set<StreamPartition> assigned() {
        return assigned;
    }

    @Override
    public void assigned(StreamPartition partition, long epoch, Progress progress) {
        listener.assigned(partition, epoch, progress);
        assigned.add(partition);
    }

    @Override
    public CompletionStage<Void> releasing(StreamPartition partition, long epoch) {
        return listener.releasing(partition, epoch);
    }

    @Override
    public void revoked(StreamPartition partition, long epoch) {
        listener.revoked(partition, epoch);
    }

    @Override
    public void records(StreamPartition partition, long epoch, List<StoredRecord> records) {
        listener.records(partition, epoch, records);
    }

    @Override
    public void gap(Gap gap) {
        listener.gap(gap);
    }

    @Override
    public void failed(EventMeshException cause) {
        listener.failed(cause);
    }
}
