package io.eventmesh.runtime.simulation;

import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.spi.storage.Gap;
import io.eventmesh.spi.storage.GroupReader;
import io.eventmesh.spi.storage.Progress;
import io.eventmesh.spi.storage.StoredRecord;
import io.eventmesh.spi.storage.StreamPartition;
import java.util.List;

/** Tells the listener behind it; made to be extended by what tells one thing otherwise. */
class ForwardingListener implements GroupReader.Listener {
    private final GroupReader.Listener behind;

    ForwardingListener(GroupReader.Listener behind) {
        this.behind = behind;
    }

    @Override
    public void assigned(StreamPartition partition, long epoch, Progress progress) {
        behind.assigned(partition, epoch, progress);
    }

    @Override
    public void revoked(StreamPartition partition, long epoch) {
        behind.revoked(partition, epoch);
    }

    @Override
    public void records(StreamPartition partition, long epoch, List<StoredRecord> records) {
        behind.records(partition, epoch, records);
    }

    @Override
    public void gap(Gap gap) {
        behind.gap(gap);
    }

    @Override
    public void failed(EventMeshException cause) {
        behind.failed(cause);
    }
}
