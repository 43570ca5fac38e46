package io.eventmesh.spi.target;

import io.eventmesh.common.time.MeshClock;
import io.eventmesh.common.time.Scheduler;
import io.eventmesh.spi.mesh.Mesh;

/**
 * What a sender is given.
 *
 * @param namespace whose events it sends
 * @param runtimeId named to destinations that want to know who sends
 * @param mesh to which it may publish
 * @param clock the process's clock
 * @param scheduler fires time-outs; tasks must not block
 */
public record TargetContext(String namespace, String runtimeId, Mesh mesh, MeshClock clock, Scheduler scheduler) {}
