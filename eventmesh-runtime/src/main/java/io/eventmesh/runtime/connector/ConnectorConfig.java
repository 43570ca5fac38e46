package io.eventmesh.runtime.connector;

import io.eventmesh.common.config.Check;
import io.eventmesh.common.config.DataSize;
import io.eventmesh.common.config.Doc;
import io.eventmesh.runtime.config.SecretsConfig;
import java.time.Duration;
import java.util.Map;

/**
 * The section {@code connector}.
 *
 * @param slots how many tasks this runtime takes
 * @param windowEvents events that a source task may have published and not yet answered
 * @param windowBytes their bytes
 * @param batchEvents events that a sink is given at once
 * @param commitInterval after which acked source positions are stored
 * @param commitRecords after how many acked records they are stored earlier
 * @param drainTimeout how long a task may take to finish what is in flight
 * @param sinkBuffer bytes that a sink may have taken and not yet made safe
 * @param deadLettersPerMinute of a task, above which it pauses by itself; 0 for any number
 * @param secrets what connectors' configurations may name
 * @param labels what placements may ask for
 * @param restartExpected within how long this runtime is back after an ordered stop; zero when nobody knows
 */
public record ConnectorConfig(
        @Doc("How many connector tasks this runtime takes.") int slots,

        @Doc("Events that a source task may have published and not yet answered.")
        int windowEvents,

        @Doc("Bytes that a source task may have published and not yet answered.")
        DataSize windowBytes,

        @Doc("Events that a sink is given at once.") int batchEvents,

        @Doc("After how long acked source positions are stored.")
        Duration commitInterval,

        @Doc("After how many acked records source positions are stored earlier.")
        int commitRecords,

        @Doc("How long a task may take to finish what is in flight when it ends.")
        Duration drainTimeout,

        @Doc("Bytes of events that a sink may keep for later, such as for a large file, before all must be safe.")
        DataSize sinkBuffer,

        @Doc("Dead letters of a task within a minute that pause it until it is resumed. 0: any number.")
        int deadLettersPerMinute,

        SecretsConfig secrets,

        @Doc("What placements may ask for, such as `zone: a`.")
        Map<String, String> labels,

        @Doc("Within how long this runtime is back after an ordered stop: its tasks wait so long for it. 0: they go on"
                + " elsewhere at once.")
        Duration restartExpected) {
    public ConnectorConfig {
        Check.range("slots", slots, 1, 10_000);
        Check.range("window-events", windowEvents, 1, 100_000);
        Check.positive("window-bytes", windowBytes);
        Check.range("batch-events", batchEvents, 1, 10_000);
        Check.positive("commit-interval", commitInterval);
        Check.range("commit-records", commitRecords, 1, 1_000_000);
        Check.positive("drain-timeout", drainTimeout);
        Check.positive("sink-buffer", sinkBuffer);
        Check.range("dead-letters-per-minute", deadLettersPerMinute, 0, 1_000_000);
        Check.notNegative("restart-expected", restartExpected);
        labels = Map.copyOf(labels);
    }

    static ConnectorConfig standard() {
        return new ConnectorConfig(
                100,
                1_024,
                DataSize.ofMebibytes(8),
                500,
                Duration.ofSeconds(1),
                1_000,
                Duration.ofSeconds(15),
                DataSize.ofMebibytes(32),
                1_000,
                SecretsConfig.standard(),
                Map.of(),
                Duration.ZERO);
    }
}
