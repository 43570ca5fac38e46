package io.eventmesh.sdk.remote;

import io.eventmesh.common.time.MeshClock;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** How a client stands with the mesh, by what its calls met, and who wants to know. Thread-safe. */
final class Standing {
    private static final Logger log = LoggerFactory.getLogger(Standing.class);
    private static final long HEALED_AFTER_NANOS = 1_000_000_000L;

    private final MeshClock clock;
    private final List<Consumer<ConnectionState>> listeners = new CopyOnWriteArrayList<>();
    private volatile ConnectionState state = ConnectionState.CONNECTING;
    private long lastTrouble;

    Standing(MeshClock clock) {
        this.clock = clock;
    }

    void tell(Consumer<ConnectionState> listener) {
        listeners.add(listener);
    }

    ConnectionState state() {
        return state;
    }

    /** A runtime answered, with whatever. Cheap while nothing changes. */
    void answered() {
        if (state == ConnectionState.READY) {
            return;
        }
        synchronized (this) {
            if (state == ConnectionState.DEGRADED && clock.nanoTime() - lastTrouble < HEALED_AFTER_NANOS) {
                return;
            }
        }
        change(ConnectionState.READY);
    }

    /** A runtime answered that it is in trouble. */
    void troubled() {
        synchronized (this) {
            lastTrouble = clock.nanoTime();
        }
        change(ConnectionState.DEGRADED);
    }

    /** The runtime in use was lost. */
    void lost() {
        if (state != ConnectionState.CONNECTING) {
            change(ConnectionState.FAILOVER);
        }
    }

    void closed() {
        change(ConnectionState.CLOSED);
    }

    private void change(ConnectionState next) {
        synchronized (this) {
            if (state == next || state == ConnectionState.CLOSED) {
                return;
            }
            state = next;
        }
        log.info("Connection to the mesh changed. state={}", next);
        listeners.forEach(listener -> listener.accept(next));
    }
}
