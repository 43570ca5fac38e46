package io.eventmesh.storage.rocksdb;

import io.eventmesh.common.time.MeshClock;
import io.eventmesh.spi.storage.Storage;
import io.eventmesh.spi.storage.StorageProvider;
import java.nio.file.Path;

/** Makes the storage of type {@code rocksdb}, which keeps its files in {@code <data>/rocksdb}. */
public final class RocksStorageProvider implements StorageProvider<RocksStorageConfig> {
    @Override
    public String name() {
        return "rocksdb";
    }

    @Override
    public Class<RocksStorageConfig> configType() {
        return RocksStorageConfig.class;
    }

    @Override
    public RocksStorageConfig defaults() {
        return RocksStorageConfig.defaults();
    }

    @Override
    public Storage create(RocksStorageConfig config, MeshClock clock, Path dataDirectory) {
        return new RocksStorage(config, clock, dataDirectory.resolve("rocksdb"));
    }
}
