package io.eventmesh.storage.kafka;

import io.eventmesh.common.time.MeshClock;
import io.eventmesh.spi.storage.Storage;
import io.eventmesh.testkit.storage.SharedStorageContractTest;

class KafkaSharedContractTest extends SharedStorageContractTest {
    private final String prefix = KafkaBroker.prefix();

    @Override
    protected Storage create(MeshClock clock, Bounds bounds) {
        return Storages.storage(Storages.config(KafkaBroker.anyBootstrap(), prefix), clock);
    }
}
