package io.eventmesh.runtime.mesh;

import io.eventmesh.spi.role.Role;
import io.eventmesh.spi.role.RoleContext;
import io.eventmesh.spi.role.RoleProvider;

/** The role {@code mesh}. */
public final class MeshRoleProvider implements RoleProvider<MeshConfig> {
    @Override
    public String name() {
        return "mesh";
    }

    @Override
    public int order() {
        return 10;
    }

    @Override
    public Class<MeshConfig> configType() {
        return MeshConfig.class;
    }

    @Override
    public MeshConfig defaults() {
        return MeshConfig.defaults();
    }

    @Override
    public Role create(MeshConfig config, RoleContext context) {
        return new MeshRole(config, context);
    }
}
