package io.eventmesh.common.time;

import java.time.Instant;
import java.time.InstantSource;

/**
 * The one clock of a process: wall time for what people and other machines see, monotonic time for measuring.
 *
 * <p>Due times, retention and expiry are wall time; leases, windows and ack time-outs are monotonic. Thread-safe.
 * {@code ManualTime} in the test kit is driven by the test.
 */
public interface MeshClock extends InstantSource {
    /** Wall time in milliseconds since 1970. May jump in either direction. */
    @Override
    long millis();

    /** Monotonic time in nanoseconds from an arbitrary origin. Never goes back. */
    long nanoTime();

    @Override
    default Instant instant() {
        return Instant.ofEpochMilli(millis());
    }

    /** The machine's clock. */
    static MeshClock system() {
        return SystemClock.INSTANCE;
    }
}
