package io.eventmesh.runtime.plugin;

import io.eventmesh.spi.connector.ConnectorHost;
import io.eventmesh.spi.connector.SinkConnectorProvider;
import io.eventmesh.spi.connector.SourceConnectorProvider;
import java.nio.file.Path;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One plugin directory and what is in it now. Thread-safe. */
final class PluginSlot {
    private static final Logger log = LoggerFactory.getLogger(PluginSlot.class);

    private final Path directory;
    private final ClassLoader classPath;
    private final List<ConnectorHost> hosts;
    private PluginGeneration current;
    /** What the directory held when that could not be used. */
    private String refused = "";

    PluginSlot(Path directory, ClassLoader classPath, List<ConnectorHost> hosts) {
        this.directory = directory;
        this.classPath = classPath;
        this.hosts = hosts;
        this.current = generation();
    }

    synchronized PluginGeneration current() {
        return current;
    }

    /**
     * Looks whether the directory has changed, and gives what is in it to whoever comes from now on. What was in it before
     * stays when the new one is broken, and with those that work with it.
     */
    synchronized void refresh() {
        String now = PluginDirectory.fingerprint(directory);
        if (now.equals(current.fingerprint()) || now.equals(refused)) {
            return;
        }
        PluginGeneration next = generation();
        if (connectors(next) == 0 && connectors(current) > 0) {
            log.error("Plugin replaced by one that cannot be used, the earlier one stays. plugin={}", next.name());
            refused = now;
            next.retire();
            return;
        }
        refused = "";
        PluginGeneration last = current;
        current = next;
        last.retire();
    }

    /** The directory is gone, or the process ends. */
    synchronized void retire() {
        current.retire();
    }

    private static int connectors(PluginGeneration generation) {
        return generation.providers(SourceConnectorProvider.class).size()
                + generation.providers(SinkConnectorProvider.class).size();
    }

    private PluginGeneration generation() {
        String name = String.valueOf(directory.getFileName());
        String fingerprint = PluginDirectory.fingerprint(directory);
        PluginLoader loader = hosts.stream()
                .filter(host -> name.startsWith(host.name() + "-"))
                .findFirst()
                .<PluginLoader>map(host -> new HostedLoader(name, PluginDirectory.jars(directory), host))
                .orElseGet(() -> new ChildFirstLoader(name, PluginDirectory.jars(directory), classPath));
        return new PluginGeneration(fingerprint, loader);
    }
}
