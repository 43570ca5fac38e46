package io.eventmesh.sdk.remote;

import java.time.Duration;
import java.util.random.RandomGenerator;

/** Pauses that double with each failure in a row and are spread by half, so that clients do not come back at once. */
final class Pauses {
    private static final int MAX_DOUBLINGS = 16;

    private final Duration min;
    private final Duration max;
    private final RandomGenerator random;

    Pauses(Duration min, Duration max, RandomGenerator random) {
        this.min = min;
        this.max = max;
        this.random = random;
    }

    /** The pause after so many failures in a row, 1 or more. */
    Duration after(int failures) {
        long doubled = min.toMillis() << Math.min(MAX_DOUBLINGS, Math.max(0, failures - 1));
        long bounded = Math.min(doubled, max.toMillis());
        return Duration.ofMillis(bounded / 2 + random.nextLong(bounded / 2 + 1));
    }
}
