package io.eventmesh.runtime.mesh.lane;

import java.time.Duration;

/**
 * Keeps a target that fails at rest: CLOSED, after so many failed attempts in a row OPEN, after a rest HALF_OPEN with one
 * call, and by what becomes of that CLOSED or OPEN again. Times are monotonic. Belongs to one lane.
 */
final class Breaker {
    private boolean open;
    private long restUntilNanos;
    private int failures;

    /** An attempt came to a good end. */
    void succeeded() {
        open = false;
        failures = 0;
    }

    /**
     * An attempt failed.
     *
     * @param bound how many may in a row; 0 for any number
     */
    void failed(int bound, Duration rest, long nowNanos) {
        failures++;
        if (bound > 0 && (open ? isHalfOpen(nowNanos) : failures >= bound)) {
            open = true;
            restUntilNanos = nowNanos + rest.toNanos();
        }
    }

    /** Somebody wants it tried at once. */
    void reset() {
        succeeded();
    }

    boolean isResting(long nowNanos) {
        return open && !isHalfOpen(nowNanos);
    }

    /** Whether the next call decides. */
    boolean isProbing(long nowNanos) {
        return open && isHalfOpen(nowNanos);
    }

    long restNanos(long nowNanos) {
        return restUntilNanos - nowNanos;
    }

    int failures() {
        return failures;
    }

    private boolean isHalfOpen(long nowNanos) {
        return restUntilNanos - nowNanos <= 0;
    }
}
