package io.eventmesh.spi.protocol;

import io.eventmesh.spi.plugin.ConfiguredPlugin;

/**
 * Makes a door of the mesh role, configured under {@code mesh.<name>} and announced as endpoint {@code mesh.<name>}.
 * All doors on the class path are opened unless their configuration says {@code enabled: false}; what it says as {@code
 * advertise}, {@code host:port}, is announced instead of what was bound.
 */
public interface ProtocolServerProvider<C extends Record> extends ConfiguredPlugin<C> {
    /** Makes the door without binding it. */
    ProtocolServer create(C config, ProtocolContext context);
}
