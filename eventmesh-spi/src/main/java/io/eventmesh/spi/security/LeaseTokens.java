package io.eventmesh.spi.security;

import com.google.protobuf.ByteString;
import io.eventmesh.common.error.EventMeshException;

/**
 * Tells whether a runtime that speaks for one of its tasks still has its lease, by what the leading admin signed for it.
 *
 * <p>The fence of a task refuses its older rights; this refuses a runtime that was cut off or stopped for so long that
 * its tasks may have been given away without this mesh having heard of it. Thread-safe; asked for each call, never waits.
 */
public interface LeaseTokens {
    /** For a mesh whose callers' leases are known otherwise, such as one within a process. */
    LeaseTokens NONE = (caller, token) -> {};

    /**
     * Passes a call that speaks for a task.
     *
     * @param caller the runtime that speaks
     * @param token the newest that it sent; empty for none
     * @throws EventMeshException META_UNAVAILABLE when the lease is over or nothing is known of it yet: the runtime may
     *     try again with a newer token; UNAUTHENTICATED when the token is not the leader's word on this runtime
     */
    void check(Principal caller, ByteString token);
}
