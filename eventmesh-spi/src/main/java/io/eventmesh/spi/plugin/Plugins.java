package io.eventmesh.spi.plugin;

import java.util.List;

/** The plugins of this process, by kind (their provider interface) and name. Thread-safe. */
public interface Plugins {
    /** All of a kind, ordered by name. */
    <P extends Plugin> List<P> all(Class<P> kind);

    /**
     * One of a kind.
     *
     * @throws io.eventmesh.common.error.EventMeshException PLUGIN_UNKNOWN naming the ones that were found
     */
    <P extends Plugin> P named(Class<P> kind, String name);
}
