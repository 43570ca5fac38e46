package io.eventmesh.spi.protocol;

import io.eventmesh.common.config.DataSize;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.common.time.Scheduler;
import io.eventmesh.spi.mesh.Mesh;
import io.eventmesh.spi.security.Authenticator;
import io.eventmesh.spi.security.BindGuard;
import io.eventmesh.spi.security.LeaseTokens;
import java.util.concurrent.Executor;

/**
 * What a door is given.
 *
 * @param runtimeId named in answers
 * @param mesh to translate to
 * @param authenticator asked for each call or connection
 * @param bindGuard asked before binding
 * @param maxEventSize the encoded event's limit; a door's transport limit lies above it
 * @param clock the process's clock
 * @param scheduler fires time-outs; tasks must not block
 * @param dispatch runs what is left over of serial work; must not be blocked
 * @param leases asked for each call that speaks for a task
 */
public record ProtocolContext(
        String runtimeId,
        Mesh mesh,
        Authenticator authenticator,
        BindGuard bindGuard,
        DataSize maxEventSize,
        MeshClock clock,
        Scheduler scheduler,
        Executor dispatch,
        LeaseTokens leases) {
    /** A door whose callers' leases are known otherwise. */
    public ProtocolContext(
            String runtimeId,
            Mesh mesh,
            Authenticator authenticator,
            BindGuard bindGuard,
            DataSize maxEventSize,
            MeshClock clock,
            Scheduler scheduler,
            Executor dispatch) {
        this(runtimeId, mesh, authenticator, bindGuard, maxEventSize, clock, scheduler, dispatch, LeaseTokens.NONE);
    }
}
