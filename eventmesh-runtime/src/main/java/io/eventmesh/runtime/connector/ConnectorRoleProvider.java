package io.eventmesh.runtime.connector;

import io.eventmesh.spi.role.Role;
import io.eventmesh.spi.role.RoleContext;
import io.eventmesh.spi.role.RoleProvider;

/** Makes the connector role. */
public final class ConnectorRoleProvider implements RoleProvider<ConnectorConfig> {
    @Override
    public String name() {
        return "connector";
    }

    @Override
    public int order() {
        return 40;
    }

    @Override
    public Class<ConnectorConfig> configType() {
        return ConnectorConfig.class;
    }

    @Override
    public ConnectorConfig defaults() {
        return ConnectorConfig.standard();
    }

    @Override
    public Role create(ConnectorConfig config, RoleContext context) {
        return new ConnectorRole(config, context);
    }
}
