package io.eventmesh.runtime.connector;

import io.eventmesh.common.config.Check;
import io.eventmesh.common.config.DataSize;
import io.eventmesh.common.config.Doc;
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
 * @param labels what placements may ask for
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

        @Doc("What placements may ask for, such as `zone: a`.")
        Map<String, String> labels) {
    public ConnectorConfig {
        Check.range("slots", slots, 1, 10_000);
        Check.range("window-events", windowEvents, 1, 100_000);
        Check.positive("window-bytes", windowBytes);
        Check.range("batch-events", batchEvents, 1, 10_000);
        Check.positive("commit-interval", commitInterval);
        Check.range("commit-records", commitRecords, 1, 1_000_000);
        Check.positive("drain-timeout", drainTimeout);
        labels = Map.copyOf(labels);
    }

    static ConnectorConfig standard() {
        return new ConnectorConfig(
                100, 1_024, DataSize.ofMebibytes(8), 500, Duration.ofSeconds(1), 1_000, Duration.ofSeconds(15), Map.of());
    }
}
