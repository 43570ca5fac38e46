package io.eventmesh.storage.kafka;

import io.eventmesh.common.config.DataSize;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.spi.storage.Storage;
import io.eventmesh.testkit.storage.StorageContractTest;

class KafkaStorageContractTest extends StorageContractTest {
    private final String prefix = KafkaBroker.prefix();

    @Override
    protected Storage create(MeshClock clock, Bounds bounds) {
        DataSize largest = new DataSize(Math.min(bounds.maxBytes(), 2 << 20));
        return Storages.storage(
                Storages.config(KafkaBroker.anyBootstrap(), prefix, RecordFormat.BINARY, largest), clock);
    }
}
