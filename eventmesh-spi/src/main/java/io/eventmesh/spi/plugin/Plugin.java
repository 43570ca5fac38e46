package io.eventmesh.spi.plugin;

/**
 * A provider of one kind of plugin, found by {@link java.util.ServiceLoader} under its provider interface.
 *
 * <p>A provider is a stateless factory with a public constructor without parameters; creating the plugin does no I/O.
 * Providers are thread-safe.
 */
public interface Plugin {
    /** The name by which configuration chooses it, lower-case, such as {@code memory}. */
    String name();

    /** The plugin's version, shown to operators. */
    default String version() {
        String version = getClass().getPackage().getImplementationVersion();
        return version == null ? "dev" : version;
    }
}
