package io.eventmesh.spi.plugin;

/**
 * A plugin that somebody works with: its code stays until the use is closed, also when its directory is replaced
 * meanwhile.
 *
 * <p>Closed once by whoever opened it, after everything that the plugin made was closed. Thread-safe.
 */
public interface PluginUse<P extends Plugin> extends AutoCloseable {
    P plugin();

    /** Any number of times. */
    @Override
    void close();
}
