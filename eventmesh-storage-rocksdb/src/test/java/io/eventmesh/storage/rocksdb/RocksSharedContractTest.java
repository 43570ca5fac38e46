package io.eventmesh.storage.rocksdb;

import io.eventmesh.common.time.MeshClock;
import io.eventmesh.spi.storage.Storage;
import io.eventmesh.testkit.storage.SharedStorageContractTest;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

class RocksSharedContractTest extends SharedStorageContractTest {
    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path directory;

    @Override
    protected Storage create(MeshClock clock, Bounds bounds) {
        // one owner a directory: storages with other bounds are open side by side
        return new RocksStorage(
                TightStorage.config(bounds.maxBytes()), clock, directory.resolve("bytes-" + bounds.maxBytes()));
    }
}
