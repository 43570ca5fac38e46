package io.eventmesh.sdk;

import io.eventmesh.spi.storage.RetryPolicy;
import java.time.Duration;

/**
 * How long the mesh waits before it offers an event again. Immutable.
 *
 * @param initial before the second offer
 * @param multiplier by which it grows with each further one, 1 or more
 * @param max that it never exceeds
 */
public record Backoff(Duration initial, double multiplier, Duration max) {
    /** Doubles with each attempt, up to 30 s or the initial pause if that is longer. */
    public static Backoff exponential(Duration initial) {
        Duration usual = RetryPolicy.DEFAULT.maxDelay();
        return new Backoff(initial, 2, initial.compareTo(usual) > 0 ? initial : usual);
    }

    /** Always the same. */
    public static Backoff fixed(Duration pause) {
        return new Backoff(pause, 1, pause);
    }

    /** The same with another bound. */
    public Backoff upTo(Duration bound) {
        return new Backoff(initial, multiplier, bound);
    }
}
