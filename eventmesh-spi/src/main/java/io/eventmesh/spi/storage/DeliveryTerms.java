package io.eventmesh.spi.storage;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import java.time.Duration;

/**
 * How a group's events are delivered; stored with the group.
 *
 * @param retry when an event is offered again
 * @param ackTimeout after which an unsettled delivery counts as a failed attempt
 * @param ordered whether events of one key are offered one after another
 */
public record DeliveryTerms(RetryPolicy retry, Duration ackTimeout, boolean ordered) {
    public static final DeliveryTerms DEFAULT = new DeliveryTerms(RetryPolicy.DEFAULT, Duration.ofSeconds(30), true);

    public DeliveryTerms {
        if (ackTimeout.isNegative() || ackTimeout.isZero()) {
            throw new EventMeshException(
                    ErrorCode.REQUEST_INVALID, "ack timeout: %s (expected: longer than 0)".formatted(ackTimeout));
        }
    }
}
