package io.eventmesh.storage.memory;

import io.eventmesh.common.time.MeshClock;
import io.eventmesh.spi.storage.Storage;
import io.eventmesh.spi.storage.StorageProvider;
import java.nio.file.Path;

/** Makes the storage of type {@code memory}. It writes nothing into the data directory. */
public final class MemoryStorageProvider implements StorageProvider<MemoryStorageConfig> {
    @Override
    public String name() {
        return "memory";
    }

    @Override
    public Class<MemoryStorageConfig> configType() {
        return MemoryStorageConfig.class;
    }

    @Override
    public MemoryStorageConfig defaults() {
        return MemoryStorageConfig.defaults();
    }

    @Override
    public Storage create(MemoryStorageConfig config, MeshClock clock, Path dataDirectory) {
        return new MemoryStorage(config, clock);
    }
}
