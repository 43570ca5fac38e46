package io.eventmesh.runtime.simulation;

import io.eventmesh.spi.storage.GroupReader;
import io.eventmesh.spi.storage.Progress;
import io.eventmesh.spi.storage.StreamPartition;
import java.util.concurrent.CompletionStage;

/** Does as the reader behind it; made to be extended by what does one thing otherwise. */
class ForwardingReader implements GroupReader {
    final GroupReader behind;

    ForwardingReader(GroupReader behind) {
        this.behind = behind;
    }

    @Override
    public void request(StreamPartition partition, long bytes) {
        behind.request(partition, bytes);
    }

    @Override
    public CompletionStage<Void> commit(StreamPartition partition, long epoch, Progress progress) {
        return behind.commit(partition, epoch, progress);
    }

    @Override
    public void close() {
        behind.close();
    }
}
