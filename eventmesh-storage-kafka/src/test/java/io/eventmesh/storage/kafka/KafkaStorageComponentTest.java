package io.eventmesh.storage.kafka;

import io.eventmesh.common.lifecycle.Component;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.testkit.ComponentContractTest;

class KafkaStorageComponentTest extends ComponentContractTest {
    private final String bootstrap = KafkaBroker.shared().bootstrap();
    private final String prefix = KafkaBroker.prefix();

    @Override
    protected Component component() {
        return Storages.storage(Storages.config(bootstrap, prefix), MeshClock.system());
    }
}
