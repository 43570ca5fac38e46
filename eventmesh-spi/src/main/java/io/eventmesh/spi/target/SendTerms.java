package io.eventmesh.spi.target;

import io.eventmesh.proto.v1.DeliveryPolicy;
import java.time.Duration;
import java.util.Set;
import java.util.TreeSet;

/**
 * What of a delivery policy is the sender's business.
 *
 * @param timeout of one attempt, from its beginning to the destination's whole answer
 * @param retryAfterMax up to which a destination's wish to be left alone counts; zero for not at all
 * @param retryOn HTTP codes that are tried again; empty for the usual ones
 * @param batchEvents at most so many in one call; 1 for no batches
 * @param maxInFlight calls at a time
 */
public record SendTerms(
        Duration timeout, Duration retryAfterMax, Set<Integer> retryOn, int batchEvents, int maxInFlight) {
    private static final SendTerms DEFAULTS =
            new SendTerms(Duration.ofSeconds(30), Duration.ofHours(1), Set.of(), 1, 16);

    public SendTerms {
        retryOn = Set.copyOf(retryOn);
    }

    /** Of a destination without a policy of its own. */
    public static SendTerms defaults() {
        return DEFAULTS;
    }

    /** What the policy says; where it says nothing, the default for a time-out and the bounds of calls. */
    public static SendTerms of(DeliveryPolicy policy) {
        return new SendTerms(
                policy.getTimeoutMs() > 0 ? Duration.ofMillis(policy.getTimeoutMs()) : DEFAULTS.timeout,
                Duration.ofMillis(Math.max(0, policy.getRetryAfterMaxMs())),
                new TreeSet<>(policy.getRetryOnList()),
                Math.max(1, policy.getBatchEvents()),
                policy.getMaxInFlight() > 0 ? policy.getMaxInFlight() : DEFAULTS.maxInFlight);
    }

    public SendTerms withTimeout(Duration other) {
        return new SendTerms(other, retryAfterMax, retryOn, batchEvents, maxInFlight);
    }

    public SendTerms withBatchEvents(int other) {
        return new SendTerms(timeout, retryAfterMax, retryOn, other, maxInFlight);
    }

    public SendTerms withMaxInFlight(int other) {
        return new SendTerms(timeout, retryAfterMax, retryOn, batchEvents, other);
    }

    public SendTerms withRetryOn(Set<Integer> other) {
        return new SendTerms(timeout, retryAfterMax, other, batchEvents, maxInFlight);
    }

    public SendTerms withRetryAfterMax(Duration other) {
        return new SendTerms(timeout, other, retryOn, batchEvents, maxInFlight);
    }
}
