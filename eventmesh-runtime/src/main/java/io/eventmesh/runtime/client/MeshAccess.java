package io.eventmesh.runtime.client;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.spi.mesh.Mesh;
import io.eventmesh.spi.role.RoleContext;

/** The mesh that a role of this process works with: the process's own, or the cluster's. */
public final class MeshAccess {
    private MeshAccess() {}

    /** The mesh for the process, the same for all its roles. */
    public static Mesh of(RoleContext context) {
        return context.localMesh()
                .orElseThrow(() -> new EventMeshException(ErrorCode.NOT_SUPPORTED, "no mesh in this process"));
    }
}
