package io.eventmesh.spi.target;

import io.eventmesh.common.net.CallableAddresses;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.common.time.Scheduler;
import io.eventmesh.spi.mesh.Mesh;

/**
 * What all senders of a process share.
 *
 * @param runtimeId named to destinations that want to know who sends
 * @param mesh to which senders may publish
 * @param clock the process's clock
 * @param scheduler fires time-outs; tasks must not block
 * @param credentials asked at each attempt
 * @param secrets what credentials may refer to
 * @param addresses which may be called
 */
public record TargetEnvironment(
        String runtimeId,
        Mesh mesh,
        MeshClock clock,
        Scheduler scheduler,
        Credentials credentials,
        SecretValues secrets,
        CallableAddresses addresses) {}
