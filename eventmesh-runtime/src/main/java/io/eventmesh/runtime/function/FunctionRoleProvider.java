package io.eventmesh.runtime.function;

import io.eventmesh.spi.role.Role;
import io.eventmesh.spi.role.RoleContext;
import io.eventmesh.spi.role.RoleProvider;

/** Makes the function role. */
public final class FunctionRoleProvider implements RoleProvider<FunctionConfig> {
    @Override
    public String name() {
        return "function";
    }

    @Override
    public int order() {
        return 30;
    }

    @Override
    public Class<FunctionConfig> configType() {
        return FunctionConfig.class;
    }

    @Override
    public FunctionConfig defaults() {
        return FunctionConfig.defaults();
    }

    @Override
    public Role create(FunctionConfig config, RoleContext context) {
        return new FunctionRole(config, context);
    }
}
