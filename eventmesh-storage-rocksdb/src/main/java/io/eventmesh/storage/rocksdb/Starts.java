package io.eventmesh.storage.rocksdb;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.StreamName;
import io.eventmesh.spi.storage.Start;
import java.util.Map;
import java.util.Set;

/** Where a group begins in each partition. {@link #in} is called under the partition's lock. */
@FunctionalInterface
interface Starts {
    Starts EARLIEST = PartitionLog::base;
    Starts LATEST = PartitionLog::end;

    long in(PartitionLog log);

    /**
     * The places of a start that needs no look at the records.
     *
     * @throws EventMeshException REQUEST_INVALID for a position in none of the streams
     */
    static Starts of(Start start, Set<StreamName> streams) {
        if (start instanceof Start.Latest) {
            return LATEST;
        }
        if (start instanceof Start.AtPosition at) {
            if (!streams.contains(at.position().partition().stream())) {
                throw new EventMeshException(
                        ErrorCode.REQUEST_INVALID,
                        "start: %s (expected: a position in one of %s)".formatted(at.position(), streams));
            }
            return log -> at.position().partition().equals(log.id())
                    ? Math.max(log.base(), Math.min(log.end(), at.position().offset()))
                    : log.base();
        }
        return EARLIEST;
    }

    /** Places that were looked up; partitions that came since begin at their earliest. */
    static Starts found(Map<PartitionLog, Long> offsets) {
        return log -> Math.max(log.base(), offsets.getOrDefault(log, log.base()));
    }
}
