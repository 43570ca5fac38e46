package io.eventmesh.runtime.delivery;

import io.eventmesh.spi.mesh.Member;
import java.time.Duration;

/** A member that tells why it gives an event back. */
public interface LaneMember extends Member {
    /** As {@link #release(long, Duration)}, with the cause that a dead letter will name. */
    void release(long delivery, Duration delay, Cause cause);

    /** As {@link #reject(long, String)}, with the cause that the dead letter names. */
    void reject(long delivery, Cause cause);
}
