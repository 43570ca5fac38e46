package io.eventmesh.admin;

import io.eventmesh.spi.role.Role;
import io.eventmesh.spi.role.RoleContext;
import io.eventmesh.spi.role.RoleProvider;

/** Makes the role {@code admin}. */
public final class AdminRoleProvider implements RoleProvider<AdminConfig> {
    @Override
    public String name() {
        return "admin";
    }

    @Override
    public Class<AdminConfig> configType() {
        return AdminConfig.class;
    }

    @Override
    public AdminConfig defaults() {
        return AdminConfig.defaults();
    }

    @Override
    public int order() {
        return 20;
    }

    @Override
    public Role create(AdminConfig config, RoleContext context) {
        return new AdminRole(config, context);
    }
}
