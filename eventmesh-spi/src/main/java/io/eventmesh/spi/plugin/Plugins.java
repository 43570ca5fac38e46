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

    /** Looks again where plugins lie, so that {@link #all} tells what is there now. May block. */
    default void rescan() {
        // what is never replaced is not looked for again
    }

    /**
     * One of a kind as it is installed now, to be worked with until the use is closed.
     *
     * @throws io.eventmesh.common.error.EventMeshException PLUGIN_UNKNOWN naming the ones that were found
     */
    default <P extends Plugin> PluginUse<P> use(Class<P> kind, String name) {
        P plugin = named(kind, name);
        return new PluginUse<>() {
            @Override
            public P plugin() {
                return plugin;
            }

            @Override
            public void close() {
                // what is never replaced needs no count
            }
        };
    }
}
