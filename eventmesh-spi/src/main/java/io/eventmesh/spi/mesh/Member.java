package io.eventmesh.spi.mesh;

import io.eventmesh.common.topic.SubscriptionName;
import java.time.Duration;

/**
 * A member's hold on its group. All methods may be called by any thread at any time, return at once, and do nothing
 * after the membership ended or for a delivery that is already settled, timed out or unknown.
 */
public interface Member extends AutoCloseable {
    /** The subscription as the mesh named it: for a passing group with the name made for it. */
    SubscriptionName subscription();

    /**
     * Adds to what may be delivered. Both counts only grow by this call and shrink by deliveries; an event is delivered
     * while both are positive, so the last one may overdraw the bytes.
     *
     * @param events how many more; 0 or more
     * @param bytes how many more, counted by {@code Event.size()} alone, so that both ends of a wire count alike; 0 or
     *     more
     */
    void request(int events, long bytes);

    /** The event is done for the group. */
    void ack(long delivery);

    /** As {@link #ack} for each, at less cost where there are several. The array must not be changed any more. */
    default void ackAll(long[] deliveries) {
        for (long delivery : deliveries) {
            ack(delivery);
        }
    }

    /**
     * The event shall be offered again, to any member, after the delay; counts as an attempt.
     *
     * @param delay zero: as the group's retry policy says
     */
    void release(long delivery, Duration delay);

    /** The event can never be processed: it goes to the dead letter now. */
    void reject(long delivery, String reason);

    /**
     * Leaves in good order: as {@link #close}, but since nobody had begun with what goes back, the loss is not held
     * against it.
     */
    default void leave() {
        close();
    }

    /** Leaves. What was delivered and not settled goes to the other members at once, or waits. */
    @Override
    void close();
}
