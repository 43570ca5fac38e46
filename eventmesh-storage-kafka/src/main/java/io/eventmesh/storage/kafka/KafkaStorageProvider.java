package io.eventmesh.storage.kafka;

import io.eventmesh.spi.storage.Storage;
import io.eventmesh.spi.storage.StorageContext;
import io.eventmesh.spi.storage.StorageProvider;

/** Makes the storage of type {@code kafka}. It writes nothing into the data directory. */
public final class KafkaStorageProvider implements StorageProvider<KafkaStorageConfig> {
    @Override
    public String name() {
        return "kafka";
    }

    @Override
    public Class<KafkaStorageConfig> configType() {
        return KafkaStorageConfig.class;
    }

    @Override
    public KafkaStorageConfig defaults() {
        return KafkaStorageConfig.defaults();
    }

    @Override
    public Storage create(KafkaStorageConfig config, StorageContext context) {
        return new KafkaStorage(config, context.cluster(), context.clock());
    }
}
