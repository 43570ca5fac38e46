package io.eventmesh.runtime.connector;

import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.proto.v1.FailureClass;
import java.time.Duration;
import java.util.Optional;
import java.util.ServiceConfigurationError;
import java.util.function.DoubleSupplier;

/**
 * When a task that failed is tried again: after 1 s, doubling to 5 min, give or take a fifth, unless the connector says
 * otherwise; from the beginning again once it was well for 10 min. A refused configuration and refused credentials are given up after the third time in a row, an exhausted plugin after the
 * third time within 10 min. Not thread-safe.
 */
final class RestartSchedule {
    /** What kind of failure it was. */
    enum Failure {
        /** The outside does not answer, or anything unknown: tried for ever. */
        TRANSIENT(FailureClass.TRANSIENT),
        /** Trying again changes nothing unless somebody changes the configuration or the plugin. */
        CONFIG(FailureClass.CONFIG),
        /** Trying again changes nothing unless somebody changes the credentials. */
        AUTH(FailureClass.AUTH),
        /** A record that could be neither handled nor put aside; tried for ever, so that none is lost. */
        DATA(FailureClass.DATA),
        /** An event that the connector does not want to have set aside: a person must look. */
        NOT_TOLERATED(FailureClass.DATA),
        /** The plugin used up memory or stack. */
        EXHAUSTED(FailureClass.EXHAUSTED);

        private final FailureClass told;

        Failure(FailureClass told) {
            this.told = told;
        }

        /** As the admin is told. */
        FailureClass told() {
            return told;
        }

        static Failure of(Throwable failure) {
            if (failure instanceof VirtualMachineError) {
                return EXHAUSTED;
            }
            if (failure instanceof LinkageError || failure instanceof ServiceConfigurationError) {
                return CONFIG;
            }
            if (failure instanceof NotTolerated) {
                return NOT_TOLERATED;
            }
            if (failure instanceof EventMeshException refusal) {
                return switch (refusal.code()) {
                    case CONFIG_INVALID,
                            CONNECTOR_CONFIG_INVALID,
                            PLUGIN_UNKNOWN,
                            TOPIC_NOT_FOUND,
                            REQUEST_INVALID,
                            NOT_SUPPORTED,
                            RULE_INVALID,
                            ALREADY_EXISTS -> CONFIG;
                    case UNAUTHENTICATED, PERMISSION_DENIED -> AUTH;
                    case EVENT_INVALID, EVENT_TOO_LARGE, DATA_CORRUPT -> DATA;
                    default -> TRANSIENT;
                };
            }
            return TRANSIENT;
        }
    }

    private static final long HEALTHY_NANOS = Duration.ofMinutes(10).toNanos();
    private static final int GIVEN_UP_AFTER = 3;

    private final DoubleSupplier random;
    private TaskPolicies.Restarts policy = TaskPolicies.Restarts.STANDARD;
    private int failures;
    private int refusals;
    private int exhaustions;
    private long firstExhaustion;

    /** @param random 0 to 1 */
    RestartSchedule(DoubleSupplier random) {
        this.random = random;
    }

    /** What the connector wants, from now on. */
    void follow(TaskPolicies.Restarts wanted) {
        policy = wanted;
    }

    int failures() {
        return failures;
    }

    /**
     * The task failed.
     *
     * @param ranNanos how long it had run well before
     * @return how long to wait before the next try; empty to give it up
     */
    Optional<Duration> failed(Failure failure, long ranNanos, long now) {
        if (ranNanos >= HEALTHY_NANOS) {
            failures = 0;
            refusals = 0;
        }
        refusals = failure == Failure.CONFIG || failure == Failure.AUTH ? refusals + 1 : 0;
        if (failure == Failure.EXHAUSTED) {
            if (exhaustions == 0 || now - firstExhaustion > HEALTHY_NANOS) {
                exhaustions = 0;
                firstExhaustion = now;
            }
            exhaustions++;
        }
        Integer most = policy.most();
        if (refusals >= GIVEN_UP_AFTER
                || exhaustions >= GIVEN_UP_AFTER
                || failure == Failure.NOT_TOLERATED
                || (most != null && failures >= most)) {
            return Optional.empty();
        }
        double doubled = policy.first().toMillis() * Math.pow(2, failures++);
        double millis = Math.min(doubled, (double) policy.longest().toMillis());
        return Optional.of(Duration.ofMillis((long) (millis * (0.8 + 0.4 * random.getAsDouble()))));
    }
}
