package io.eventmesh.spi.role;

import io.eventmesh.spi.plugin.ConfiguredPlugin;

/** Makes a role; its configuration is the section of its name. */
public interface RoleProvider<C extends Record> extends ConfiguredPlugin<C> {
    /** Roles of one process start in this order, low first, and close in reverse. */
    int order();

    /** Makes the role without starting it. */
    Role create(C config, RoleContext context);
}
