package io.eventmesh.spi.connector;

import io.eventmesh.spi.plugin.Plugin;
import java.util.List;

/**
 * Turns directories with plugins of another family into connector plugins of ours.
 *
 * <p>Such a directory is {@code plugins/<family>-<name>/}; the runtime makes a class loader over its jars, which asks
 * them first, and gives it to the host that the directory names. A host does no I/O beyond reading the jars, and keeps
 * nothing of a directory that would hold its class loader once the providers are dropped.
 */
public interface ConnectorHost extends Plugin {
    /**
     * Whether a class is the host's own, as the host's class loader knows it, rather than the directory's: the interfaces
     * both sides speak. Classes of the Java platform always come from there.
     *
     * @param className such as {@code org.apache.kafka.connect.source.SourceTask}
     */
    boolean shares(String className);

    /**
     * The source and sink plugins in a directory, named after it.
     *
     * @throws Exception when there is none, or it cannot be read; the directory is left out then and the reason logged
     */
    List<ConnectorProvider<?>> providers(HostedDirectory directory) throws Exception;
}
