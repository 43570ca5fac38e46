package io.eventmesh.runtime.mesh.lane;

import io.eventmesh.proto.v1.DeliveryPolicy;
import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * How events get to a target, as its lane carries it out; what is the sender's business stands in its own terms.
 *
 * @param maxAttempts the first counts
 * @param maxAge since the result was stored; zero for none
 * @param orderingKey attribute whose value orders; empty for no order
 * @param batchDelay how long a batch that is not full waits for more
 * @param maxInFlight calls at a time
 * @param rate events a second; 0 for any
 * @param breakerFailures attempts in a row that may fail before the target rests; 0 for any number
 * @param stopOnFailure whether the target stops where an event would become a dead letter
 * @param deadLetterTopic empty for the target's own
 */
record LanePolicy(
        int maxAttempts,
        Duration maxAge,
        Duration initialDelay,
        double multiplier,
        Duration maxDelay,
        DeliveryPolicy.Jitter jitter,
        Duration timeout,
        String orderingKey,
        int batchEvents,
        Duration batchDelay,
        int maxInFlight,
        double rate,
        int breakerFailures,
        Duration breakerRest,
        boolean stopOnFailure,
        String deadLetterTopic) {
    /** The attribute that streams are partitioned by. */
    static final String PARTITION_KEY = "partitionkey";

    private static final int CALLS = 16;
    /** To a topic, which is as fast as the storage stores many at once. */
    private static final int APPENDS = 256;

    /** Of a target whose definition brings none. */
    static LanePolicy defaults(String kind) {
        return new LanePolicy(
                5,
                Duration.ZERO,
                Duration.ofMillis(200),
                2,
                Duration.ofSeconds(30),
                DeliveryPolicy.Jitter.JITTER_FULL,
                Duration.ofSeconds(30),
                PARTITION_KEY,
                1,
                Duration.ZERO,
                calls(kind),
                0,
                0,
                Duration.ofSeconds(30),
                false,
                "");
    }

    static LanePolicy of(DeliveryPolicy policy, String kind) {
        LanePolicy usual = defaults(kind);
        return new LanePolicy(
                policy.getMaxAttempts() > 0 ? policy.getMaxAttempts() : usual.maxAttempts,
                Duration.ofMillis(Math.max(0, policy.getMaxAgeMs())),
                Duration.ofMillis(Math.max(0, policy.getInitialDelayMs())),
                Math.max(1, policy.getMultiplier()),
                Duration.ofMillis(Math.max(policy.getInitialDelayMs(), policy.getMaxDelayMs())),
                policy.getJitter(),
                policy.getTimeoutMs() > 0 ? Duration.ofMillis(policy.getTimeoutMs()) : usual.timeout,
                policy.getOrderingKey(),
                Math.max(1, policy.getBatchEvents()),
                Duration.ofMillis(Math.max(0, policy.getBatchDelayMs())),
                policy.getMaxInFlight() > 0 ? policy.getMaxInFlight() : usual.maxInFlight,
                Math.max(0, policy.getRatePerSecond()),
                Math.max(0, policy.getBreakerFailures()),
                policy.getBreakerRestMs() > 0 ? Duration.ofMillis(policy.getBreakerRestMs()) : usual.breakerRest,
                policy.getStopOnFailure(),
                policy.getDeadLetterTopic());
    }

    private static int calls(String kind) {
        return kind.equals("topic") || kind.equals("sink") ? APPENDS : CALLS;
    }

    /** How long to wait after the given number of attempts, 1 or more, that failed. */
    Duration delayAfter(int attempts, RandomGenerator random) {
        double grown = (double) initialDelay.toMillis() * Math.pow(multiplier, attempts - 1);
        double millis = Math.min(grown, (double) maxDelay.toMillis());
        double share = switch (jitter) {
            case JITTER_EQUAL -> 0.5 + random.nextDouble() / 2;
            case JITTER_NONE -> 1;
            case JITTER_FULL, JITTER_UNSPECIFIED, UNRECOGNIZED -> random.nextDouble();
        };
        return Duration.ofMillis((long) (millis * share));
    }

    /** Whether an event that was stored then is too old at that time. */
    boolean isTooOld(long storedMillis, long atMillis) {
        return !maxAge.isZero() && atMillis - storedMillis > maxAge.toMillis();
    }
}
