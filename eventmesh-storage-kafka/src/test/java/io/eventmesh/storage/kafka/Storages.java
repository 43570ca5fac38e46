package io.eventmesh.storage.kafka;

import io.eventmesh.common.config.DataSize;
import io.eventmesh.common.time.MeshClock;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** Makes storages for tests. */
final class Storages {
    /** On one machine nothing is spared by waiting before one asks again. */
    private static final Map<String, String> IMPATIENT = Map.of(
            "retry.backoff.ms", "5",
            "retry.backoff.max.ms", "50",
            "reconnect.backoff.ms", "5",
            "reconnect.backoff.max.ms", "100");

    private Storages() {}

    /** Settings for the shared broker: short time-outs, everything else as usual. */
    static KafkaStorageConfig config(String bootstrap, String prefix) {
        return config(bootstrap, prefix, RecordFormat.BINARY, DataSize.ofMebibytes(2));
    }

    static KafkaStorageConfig config(String bootstrap, String prefix, RecordFormat format, DataSize maxRecordSize) {
        return new KafkaStorageConfig(
                List.of(bootstrap.split(",", -1)),
                prefix,
                0,
                0,
                Duration.ofDays(36_500),
                new DataSize(0),
                format,
                Map.of(),
                maxRecordSize,
                DataSize.ofMebibytes(8),
                Duration.ofSeconds(10),
                100,
                Duration.ofSeconds(3),
                DataSize.ofMebibytes(1),
                Duration.ofSeconds(10),
                IMPATIENT,
                Map.of());
    }

    static KafkaStorageConfig withAppendTimeout(KafkaStorageConfig config, Duration appendTimeout) {
        return with(config, appendTimeout, config.startTimeout());
    }

    static KafkaStorageConfig withStartTimeout(KafkaStorageConfig config, Duration startTimeout) {
        return with(config, config.appendTimeout(), startTimeout);
    }

    private static KafkaStorageConfig with(KafkaStorageConfig config, Duration appendTimeout, Duration startTimeout) {
        return new KafkaStorageConfig(
                config.bootstrapServers(),
                config.topicPrefix(),
                config.replicationFactor(),
                config.minInsyncReplicas(),
                config.retention(),
                config.retentionBytes(),
                config.format(),
                config.formats(),
                config.maxRecordSize(),
                config.appendBuffer(),
                appendTimeout,
                config.maxGroups(),
                config.sessionTimeout(),
                config.maxPartitionFetch(),
                startTimeout,
                config.client(),
                config.clientSecrets());
    }

    static KafkaStorage storage(KafkaStorageConfig config, MeshClock clock) {
        return new KafkaStorage(config, "tests", clock);
    }
}
