package io.eventmesh.runtime.client;

import io.eventmesh.runtime.admin.AdminLink;
import io.eventmesh.sdk.remote.RemoteMesh;
import io.eventmesh.sdk.remote.RemoteOptions;
import io.eventmesh.spi.mesh.Mesh;
import io.eventmesh.spi.role.RoleContext;
import java.util.Optional;
import java.util.random.RandomGenerator;

/** The mesh that a role of this process works with: the process's own, or the runtimes that the meta store shows. */
public final class MeshAccess {
    private MeshAccess() {}

    /**
     * The mesh, the same one for all roles of the process. One of other processes is reached with the first call to it,
     * as a runtime of the cluster.
     */
    public static Mesh of(RoleContext context) {
        Optional<Mesh> local = context.localMesh();
        return local.isPresent() ? local.get() : context.shared(RemoteMesh.class, () -> remote(context));
    }

    private static RemoteMesh remote(RoleContext context) {
        return new RemoteMesh(
                new RegisteredMeshes(context.meta()),
                RemoteOptions.defaults()
                        .asRuntime(context.runtimeId(), context.clusterKey())
                        .withLease(AdminLink.of(context)::leaseToken),
                context.clock(),
                RandomGenerator.getDefault());
    }
}
