package io.eventmesh.storage.memory;

import io.eventmesh.common.time.MeshClock;
import io.eventmesh.spi.storage.Storage;
import io.eventmesh.testkit.storage.SharedStorageContractTest;

class MemorySharedContractTest extends SharedStorageContractTest {
    @Override
    protected Storage create(MeshClock clock, Bounds bounds) {
        return TightStorage.of(clock, bounds.maxBytes(), bounds.maxLag(), bounds.stallAfter());
    }
}
