package io.eventmesh.storage.memory;

import io.eventmesh.common.lifecycle.Component;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.testkit.ComponentContractTest;

class MemoryStorageComponentTest extends ComponentContractTest {
    @Override
    protected Component component() {
        return new MemoryStorage(MemoryStorageConfig.defaults(), MeshClock.system());
    }
}
