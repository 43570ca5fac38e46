package io.eventmesh.spi.storage;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.spi.target.Destination;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Which events a group gets and how they are delivered; stored with the group.
 *
 * @param retry when an event is offered again
 * @param ackTimeout after which an unsettled delivery counts as a failed attempt
 * @param ordered whether events of one key are offered one after another
 * @param filter JSON array of filters in the dialects of the CloudEvents Subscriptions specification, all of which must
 *     say yes; empty for every event of the pattern
 * @param destination where the mesh itself sends the group's events; null for members that attach
 */
public record DeliveryTerms(
        RetryPolicy retry,
        Duration ackTimeout,
        boolean ordered,
        String filter,
        @Nullable Destination destination) {
    public static final DeliveryTerms DEFAULT = new DeliveryTerms(RetryPolicy.DEFAULT, Duration.ofSeconds(30), true);

    /** Terms without filter and destination. */
    public DeliveryTerms(RetryPolicy retry, Duration ackTimeout, boolean ordered) {
        this(retry, ackTimeout, ordered, "", null);
    }

    public DeliveryTerms {
        if (ackTimeout.isNegative() || ackTimeout.isZero()) {
            throw new EventMeshException(
                    ErrorCode.REQUEST_INVALID, "ack timeout: %s (expected: longer than 0)".formatted(ackTimeout));
        }
    }

    /**
     * Refuses other terms than these, under which the group was made.
     *
     * @throws EventMeshException ALREADY_EXISTS naming the first difference
     */
    public void requireSame(SubscriptionName group, DeliveryTerms given) {
        requireSame(group, "retry", retry, given.retry);
        requireSame(group, "ack timeout", ackTimeout, given.ackTimeout);
        requireSame(group, "ordered", ordered, given.ordered);
        requireSame(group, "filter", filter, given.filter);
        requireSame(
                group,
                "destination",
                Objects.requireNonNullElse(destination, "none"),
                Objects.requireNonNullElse(given.destination, "none"));
    }

    private static void requireSame(SubscriptionName group, String which, Object stored, Object given) {
        if (!stored.equals(given)) {
            throw new EventMeshException(
                    ErrorCode.ALREADY_EXISTS,
                    "group %s: %s '%s' (expected: '%s', as it was made)".formatted(group, which, given, stored));
        }
    }

    public DeliveryTerms withFilter(String other) {
        return new DeliveryTerms(retry, ackTimeout, ordered, other, destination);
    }

    public DeliveryTerms withDestination(@Nullable Destination other) {
        return new DeliveryTerms(retry, ackTimeout, ordered, filter, other);
    }
}
