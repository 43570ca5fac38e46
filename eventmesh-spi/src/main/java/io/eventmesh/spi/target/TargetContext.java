package io.eventmesh.spi.target;

import io.eventmesh.common.time.MeshClock;
import io.eventmesh.common.time.Scheduler;
import io.eventmesh.spi.mesh.Mesh;

/**
 * What a sender is given.
 *
 * @param namespace whose events it sends
 * @param name of the target, {@code rule/target}; of what stands for one otherwise
 * @param terms how it sends
 * @param credential by which it proves who it is, a name in the namespace; empty for none
 * @param environment what it shares with others
 */
public record TargetContext(
        String namespace, String name, SendTerms terms, String credential, TargetEnvironment environment) {
    public String runtimeId() {
        return environment.runtimeId();
    }

    public Mesh mesh() {
        return environment.mesh();
    }

    public MeshClock clock() {
        return environment.clock();
    }

    public Scheduler scheduler() {
        return environment.scheduler();
    }
}
