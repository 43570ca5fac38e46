package io.eventmesh.storage.rocksdb;

import io.eventmesh.common.config.DataSize;
import io.eventmesh.storage.rocksdb.RocksStorageConfig.Retention;
import io.eventmesh.storage.rocksdb.RocksStorageConfig.Sync;
import java.time.Duration;

/** Configurations for tests: small buffers, and bounds as a test wants them. */
final class TightStorage {
    private TightStorage() {}

    static RocksStorageConfig config(long maxBytes) {
        return config(maxBytes, maxBytes, Duration.ZERO, 0);
    }

    static RocksStorageConfig config(long maxBytes, long streamBytes, Duration age, long minFree) {
        return new RocksStorageConfig(
                Sync.FSYNC,
                new Retention(new DataSize(maxBytes), new DataSize(streamBytes), age),
                new DataSize(minFree),
                DataSize.ofMebibytes(16),
                DataSize.ofMebibytes(1),
                DataSize.ofMebibytes(2),
                DataSize.ofMebibytes(4));
    }
}
