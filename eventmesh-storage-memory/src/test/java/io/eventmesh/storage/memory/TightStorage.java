package io.eventmesh.storage.memory;

import io.eventmesh.common.config.DataSize;
import io.eventmesh.common.time.MeshClock;
import java.time.Duration;

/** Memory storages with bounds for tests. */
final class TightStorage {
    private TightStorage() {}

    static MemoryStorage of(MeshClock clock, long maxBytes, long maxLag, Duration stallAfter) {
        return of(clock, maxBytes, maxBytes, maxLag, stallAfter, Duration.ZERO);
    }

    static MemoryStorage of(
            MeshClock clock, long maxBytes, long streamMaxBytes, long maxLag, Duration stallAfter, Duration maxAge) {
        // a bound in bytes out of reach, so that the one in events decides
        DataSize never = new DataSize(Long.MAX_VALUE);
        return of(clock, maxBytes, streamMaxBytes, maxLag, never, stallAfter, maxAge);
    }

    static MemoryStorage of(
            MeshClock clock,
            long maxBytes,
            long streamMaxBytes,
            long maxLag,
            DataSize maxLagBytes,
            Duration stallAfter,
            Duration maxAge) {
        return new MemoryStorage(
                new MemoryStorageConfig(
                        new DataSize(maxBytes), new DataSize(streamMaxBytes), maxLag, maxLagBytes, stallAfter, maxAge),
                clock);
    }
}
