package io.eventmesh.spi.peer;

import io.eventmesh.common.error.ErrorCode;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A member's hold on its group at another runtime. All methods may be called by any thread at any time, return at once,
 * and do nothing after the hold ended. Calls of one thread arrive in their order.
 */
public interface Relay extends AutoCloseable {
    /** Adds to what may be delivered, as {@link io.eventmesh.spi.mesh.Member#request}. */
    void request(int events, long bytes);

    /** Takes back what is not used up; {@link RelayReceiver#returned} says how much it was. */
    void recall();

    void ack(long delivery);

    /**
     * @param delay zero: as the group's retry policy says
     * @param reason one word; empty for none in particular
     * @param code where there is one
     * @param message for people
     */
    void release(long delivery, Duration delay, String reason, @Nullable ErrorCode code, String message);

    /** As {@link #release}, for good. */
    void reject(long delivery, String reason, @Nullable ErrorCode code, String message);

    /** Takes nothing more, and leaves when what is in flight is settled: the receiver is told its end then. */
    void finish();

    /** Leaves at once, as {@link io.eventmesh.spi.mesh.Member#leave}. */
    void leave();

    /** Leaves at once: what was delivered and not settled goes to other members. */
    @Override
    void close();
}
