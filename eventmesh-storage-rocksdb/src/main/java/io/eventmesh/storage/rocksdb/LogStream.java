package io.eventmesh.storage.rocksdb;

import io.eventmesh.common.topic.StreamName;
import io.eventmesh.spi.storage.EventRecord;
import io.eventmesh.spi.storage.Partitioner;
import io.eventmesh.spi.storage.StreamInfo;
import io.eventmesh.spi.storage.StreamPartition;
import io.eventmesh.spi.storage.StreamSettings;

/** A stream: its number in the database, its partitions and its bytes. Thread-safe. */
final class LogStream {
    private final int id;
    private final StreamName name;
    private final StreamSettings settings;
    private final Budget budget;
    private final PartitionLog[] logs;

    LogStream(int id, StreamName name, StreamSettings settings, LogEnvironment environment) {
        this.id = id;
        this.name = name;
        this.settings = settings;
        this.budget = new Budget(environment.streamLimit());
        this.logs = new PartitionLog[settings.partitions()];
        for (int index = 0; index < logs.length; index++) {
            logs[index] = new PartitionLog(this, new StreamPartition(name, index), environment);
        }
    }

    /** Never used for another stream. */
    int id() {
        return id;
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

    byte[] stored() {
        return new BinaryWriter()
                .u8(Stored.VERSION)
                .text(name.namespace())
                .text(name.name())
                .i32(settings.partitions())
                .bytes();
    }
}
