package io.eventmesh.storage.memory;

import io.eventmesh.spi.storage.Storage;
import io.eventmesh.spi.storage.StorageContext;
import io.eventmesh.spi.storage.StorageProvider;

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
    public Storage create(MemoryStorageConfig config, StorageContext context) {
        return new MemoryStorage(config, context.clock());
    }
}
