package io.eventmesh.storage.memory;

import io.eventmesh.common.topic.StreamName;
import io.eventmesh.spi.storage.EventRecord;
import io.eventmesh.spi.storage.Partitioner;
import io.eventmesh.spi.storage.StreamInfo;
import io.eventmesh.spi.storage.StreamPartition;
import io.eventmesh.spi.storage.StreamSettings;

/** A stream: its partitions and its bytes. Thread-safe. */
final class MemoryStream {
    private final StreamName name;
    private final StreamSettings settings;
    private final Budget budget;
    private final PartitionLog[] logs;

    MemoryStream(
            StreamName name, StreamSettings settings, Budget budget, Budget store, Recent recent, long maxAgeMillis) {
        this.name = name;
        this.settings = settings;
        this.budget = budget;
        this.logs = new PartitionLog[settings.partitions()];
        for (int index = 0; index < logs.length; index++) {
            logs[index] = new PartitionLog(
                    new StreamPartition(name, index), budget, store, recent, maxAgeMillis, settings.yielding());
        }
    }

    StreamName name() {
        return name;
    }

    StreamSettings settings() {
        return settings;
    }

    Budget budget() {
        return budget;
    }

    PartitionLog[] logs() {
        return logs;
    }

    PartitionLog logFor(EventRecord record, int spread) {
        String key = record.key();
        int index = key == null ? Math.floorMod(spread, logs.length) : Partitioner.partition(key, logs.length);
        return logs[index];
    }

    StreamInfo info() {
        long events = 0;
        for (PartitionLog log : logs) {
            events += log.events();
        }
        return new StreamInfo(name, settings, events, budget.used());
    }
}
