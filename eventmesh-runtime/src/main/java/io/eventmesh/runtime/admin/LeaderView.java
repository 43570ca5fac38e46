package io.eventmesh.runtime.admin;

import io.eventmesh.common.time.MeshClock;
import io.eventmesh.spi.meta.MetaPaths;
import io.eventmesh.spi.meta.MetaStore;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** What the meta store shows of the leading admin. Thread-safe. */
final class LeaderView implements AutoCloseable {
    /** For so long after a lost connection came back, what is shown may be from before. */
    private static final long STALE_NANOS = Duration.ofSeconds(1).toNanos();

    private final MeshClock clock;
    private final MetaStore.Handle connectionWatch;
    private final MetaStore.Handle leaderWatch;
    private volatile boolean connected;
    private volatile boolean wasAway;
    private volatile long backNanos;
    private volatile @Nullable Boolean shown;

    /** @param named told the address of each leader that appears */
    LeaderView(MetaStore meta, MeshClock clock, Consumer<String> named) {
        this.clock = clock;
        this.connectionWatch = meta.watchConnection(this::connectionChanged);
        this.leaderWatch = meta.watchLeader(MetaPaths.ADMIN_LEADER, value -> leaderChanged(value, named));
    }

    LeaderPresence presence() {
        Boolean seen = shown;
        if (!connected || seen == null || (wasAway && clock.nanoTime() - backNanos < STALE_NANOS)) {
            return LeaderPresence.UNKNOWN;
        }
        return seen ? LeaderPresence.PRESENT : LeaderPresence.ABSENT;
    }

    private void connectionChanged(boolean up) {
        if (!up) {
            wasAway = true;
        } else if (wasAway) {
            backNanos = clock.nanoTime();
        }
        connected = up;
    }

    private void leaderChanged(Optional<byte[]> value, Consumer<String> named) {
        shown = value.isPresent();
        value.ifPresent(bytes -> named.accept(new String(bytes, StandardCharsets.UTF_8)));
    }

    @Override
    public void close() {
        leaderWatch.close();
        connectionWatch.close();
    }
}
