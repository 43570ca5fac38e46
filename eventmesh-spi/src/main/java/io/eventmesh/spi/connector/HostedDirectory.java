package io.eventmesh.spi.connector;

import java.net.URL;
import java.util.List;

/**
 * A directory with a foreign plugin.
 *
 * @param name of the plugin, without the family in front
 * @param jars what lies in it
 * @param loader over these jars first, then over what the host {@link ConnectorHost#shares shares}; closed by the runtime
 *     when the plugin's last task has ended
 */
public record HostedDirectory(String name, List<URL> jars, ClassLoader loader) {
    public HostedDirectory {
        jars = List.copyOf(jars);
    }
}
