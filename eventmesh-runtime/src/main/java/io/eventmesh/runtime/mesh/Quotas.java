package io.eventmesh.runtime.mesh;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.runtime.config.LimitsConfig;
import java.util.function.LongSupplier;

/** How much of what a namespace may have. Thread-safe; counts only where there is a bound. */
final class Quotas {
    private final LimitsConfig limits;

    Quotas(LimitsConfig limits) {
        this.limits = limits;
    }

    /** @throws EventMeshException QUOTA_EXCEEDED when one more stream is too many */
    void checkStreams(String namespace, LongSupplier count) {
        check("streams", namespace, of(namespace).streams(), count);
    }

    /** @throws EventMeshException QUOTA_EXCEEDED when one more subscription is too many */
    void checkSubscriptions(String namespace, LongSupplier count) {
        check("subscriptions", namespace, of(namespace).subscriptions(), count);
    }

    /** @throws EventMeshException QUOTA_EXCEEDED when one more member is too many */
    void checkMembers(String namespace, LongSupplier count) {
        check("members", namespace, of(namespace).members(), count);
    }

    /** Whether a subscription counts for the namespace: those of the mesh itself do not. */
    static boolean counts(SubscriptionName name, String namespace) {
        return name.namespace().equals(namespace) && (!name.group().startsWith("_") || Subscribing.isPassing(name));
    }

    private LimitsConfig.Quota of(String namespace) {
        return limits.quotas().getOrDefault(namespace, limits.quota());
    }

    private static void check(String what, String namespace, int bound, LongSupplier count) {
        if (bound > 0 && count.getAsLong() >= bound) {
            throw new EventMeshException(
                    ErrorCode.QUOTA_EXCEEDED,
                    "%s of namespace '%s': %d (expected: at most %d)".formatted(what, namespace, bound, bound));
        }
    }
}
