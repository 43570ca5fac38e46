package io.eventmesh.storage.rocksdb;

import io.eventmesh.common.lifecycle.Component;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.testkit.ComponentContractTest;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

class RocksStorageComponentTest extends ComponentContractTest {
    private int made;

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path directory;

    @Override
    protected Component component() {
        return new RocksStorage(TightStorage.config(1 << 20), MeshClock.system(), directory.resolve("data-" + made++));
    }
}
