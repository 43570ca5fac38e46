package io.eventmesh.spi.storage;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import java.time.Duration;

/**
 * When an event is offered again, and when no more.
 *
 * @param maxAttempts offers before the event goes to the dead letter, 1 or more
 * @param initialDelay before the second offer
 * @param multiplier by which the delay grows with each further one, 1 or more
 * @param maxDelay that it never exceeds
 */
public record RetryPolicy(int maxAttempts, Duration initialDelay, double multiplier, Duration maxDelay) {
    /** 5 attempts, 0.2 s doubling to 30 s. */
    public static final RetryPolicy DEFAULT = new RetryPolicy(5, Duration.ofMillis(200), 2.0, Duration.ofSeconds(30));

    public RetryPolicy {
        require(maxAttempts >= 1, "max attempts", maxAttempts, "1 or more");
        require(!initialDelay.isNegative(), "initial delay", initialDelay, "0 or longer");
        require(multiplier >= 1, "multiplier", multiplier, "1 or more");
        require(!maxDelay.isNegative(), "max delay", maxDelay, "0 or longer");
    }

    /** The delay after the given number of failed attempts (1 or more), without jitter. */
    public Duration delayAfter(int failedAttempts) {
        double millis = (double) initialDelay.toMillis() * Math.pow(multiplier, Math.max(0, failedAttempts - 1));
        return Duration.ofMillis((long) Math.min(millis, (double) maxDelay.toMillis()));
    }

    private static void require(boolean holds, String what, Object value, String expected) {
        if (!holds) {
            throw new EventMeshException(
                    ErrorCode.REQUEST_INVALID, "%s: %s (expected: %s)".formatted(what, value, expected));
        }
    }
}
