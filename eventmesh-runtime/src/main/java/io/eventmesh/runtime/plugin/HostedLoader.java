package io.eventmesh.runtime.plugin;

import io.eventmesh.spi.connector.ConnectorHost;
import io.eventmesh.spi.connector.ConnectorProvider;
import io.eventmesh.spi.connector.HostedDirectory;
import java.io.IOException;
import java.net.URL;
import java.util.Enumeration;
import java.util.List;

/**
 * Loads the classes of a plugin of another family from its own jars, of the host only what the host shares, and else
 * those of the Java platform: a hosted plugin sees neither the runtime nor its libraries.
 */
final class HostedLoader extends PluginLoader {
    static {
        registerAsParallelCapable();
    }

    private final ConnectorHost host;
    private final ClassLoader shared;

    /** @param name of the directory, with the host's family in front */
    HostedLoader(String name, URL[] jars, ConnectorHost host) {
        super(name, jars, ClassLoader.getPlatformClassLoader());
        this.host = host;
        this.shared = host.getClass().getClassLoader();
    }

    /** What the host makes of the directory. */
    List<ConnectorProvider<?>> providers() throws Exception {
        String plugin = getName().substring(host.name().length() + 1);
        return host.providers(new HostedDirectory(plugin, List.of(getURLs()), this));
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
        if (host.shares(name)) {
            return shared.loadClass(name);
        }
        return loadOwnFirst(name, resolve);
    }

    @Override
    public Enumeration<URL> getResources(String name) throws IOException {
        return findResources(name);
    }
}
