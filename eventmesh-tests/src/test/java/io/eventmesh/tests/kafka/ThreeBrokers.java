package io.eventmesh.tests.kafka;

import io.eventmesh.common.config.DataSize;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.spi.storage.Storage;
import io.eventmesh.storage.kafka.KafkaStorage;
import io.eventmesh.storage.kafka.KafkaStorageConfig;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.common.Uuid;

/** Three brokers for all tests of this process that keep to themselves by a prefix; they end with the process. */
final class ThreeBrokers {
    private static final String RUN =
            "test-" + Long.toHexString(Uuid.randomUuid().getMostSignificantBits()) + "-";
    private static final AtomicInteger PREFIXES = new AtomicInteger();
    /** On one machine nothing is spared by waiting before one asks again. */
    private static final Map<String, String> IMPATIENT = Map.of(
            "retry.backoff.ms", "5",
            "retry.backoff.max.ms", "50",
            "reconnect.backoff.ms", "5",
            "reconnect.backoff.max.ms", "100");

    private static final class Started {
        private static final KafkaCluster BROKERS = started();
    }

    private ThreeBrokers() {}

    private static KafkaCluster started() {
        try {
            return KafkaCluster.plan(Files.createTempDirectory("kafka-brokers"), 3)
                    .set("group.min.session.timeout.ms", "500")
                    .start();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    /** A prefix that no other test has. */
    static String prefix() {
        return RUN + PREFIXES.incrementAndGet();
    }

    /** A storage with short time-outs, everything else as usual. */
    static Storage storage(String prefix, DataSize maxRecordSize, MeshClock clock) {
        KafkaStorageConfig usual = KafkaStorageConfig.defaults();
        return new KafkaStorage(
                new KafkaStorageConfig(
                        List.of(Started.BROKERS.bootstrapServers().split(",", -1)),
                        prefix,
                        3,
                        2,
                        // the tests' clock stands long ago
                        Duration.ofDays(36_500),
                        usual.retentionBytes(),
                        usual.format(),
                        usual.formats(),
                        maxRecordSize,
                        DataSize.ofMebibytes(8),
                        Duration.ofSeconds(10),
                        usual.maxGroups(),
                        Duration.ofSeconds(3),
                        usual.maxPartitionFetch(),
                        Duration.ofSeconds(10),
                        IMPATIENT,
                        Map.of()),
                "tests",
                clock);
    }
}
