package io.eventmesh.runtime;

import io.eventmesh.runtime.TestPlugins.RoleKeys;
import io.eventmesh.spi.role.Role;
import io.eventmesh.spi.role.RoleContext;
import io.eventmesh.spi.role.RoleProvider;

/** A role that says on standard output that it drains and closes; a service where a test says so. */
public final class ServiceRole implements RoleProvider<RoleKeys> {
    @Override
    public String name() {
        return "probe";
    }

    @Override
    public int order() {
        return 100;
    }

    @Override
    public Class<RoleKeys> configType() {
        return RoleKeys.class;
    }

    @Override
    public RoleKeys defaults() {
        return new RoleKeys(1);
    }

    @Override
    public Role create(RoleKeys config, RoleContext context) {
        return new TestRole(
                "probe",
                context,
                told -> {
                    if (told.startsWith("drain")) {
                        System.out.println("probe drained");
                    } else if (told.startsWith("close")) {
                        System.out.println("probe closed");
                    }
                },
                () -> {});
    }
}
