package io.eventmesh.storage.rocksdb;

import io.eventmesh.spi.storage.Storage;
import io.eventmesh.spi.storage.StorageContext;
import io.eventmesh.spi.storage.StorageProvider;

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
    public Storage create(RocksStorageConfig config, StorageContext context) {
        return new RocksStorage(config, context.clock(), context.dataDirectory().resolve("rocksdb"));
    }
}
