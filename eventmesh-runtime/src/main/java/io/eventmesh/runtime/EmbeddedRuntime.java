package io.eventmesh.runtime;

import io.eventmesh.common.config.ConfigKey;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.runtime.config.ConfigLoader;
import io.eventmesh.runtime.config.ConfigSources;
import io.eventmesh.runtime.config.Configuration;
import io.eventmesh.runtime.plugin.InstalledPlugins;
import io.eventmesh.spi.role.RoleContext;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * A whole runtime within somebody else's JVM, for tests and for embedding: the same parts and the same order as the
 * program, without environment, command line, banner and exit codes. Every port that is not said is a free one.
 *
 * <p>Several may run in one JVM, also on one data directory. Thread-safe once started.
 */
public final class EmbeddedRuntime implements AutoCloseable {
    private final InstalledPlugins plugins;
    private final RuntimeProcess process;

    private EmbeddedRuntime(InstalledPlugins plugins, RuntimeProcess process) {
        this.plugins = plugins;
        this.process = process;
    }

    /**
     * Starts a runtime; returns when it is announced.
     *
     * @param data the data directory
     * @param roles {@code standalone} or a comma list of roles
     * @param settings by dotted key, as {@code --set} takes them
     * @throws io.eventmesh.common.error.EventMeshException why not, after everything was given back
     */
    public static EmbeddedRuntime start(Path data, String roles, Map<String, String> settings) {
        return start(data, roles, settings, MeshClock.system());
    }

    /** As {@link #start(Path, String, Map)}, with a clock that a test owns. */
    public static EmbeddedRuntime start(Path data, String roles, Map<String, String> settings, MeshClock clock) {
        InstalledPlugins plugins = new InstalledPlugins(Optional.empty(), EmbeddedRuntime.class.getClassLoader());
        ConfigLoader loader = new ConfigLoader(plugins);
        Map<String, String> all = new LinkedHashMap<>();
        for (ConfigKey key : loader.keys()) {
            if (key.isWholeNumber() && key.path().matches(".*[.-]port")) {
                all.put(key.path(), "0");
            }
        }
        all.put("data", data.toString());
        all.putAll(settings);
        Configuration configuration = loader.load(ConfigSources.of(all));
        RuntimeProcess process = new RuntimeProcess(
                new ProcessSetup(configuration, plugins, clock, new SecureRandom(), Path.of(""), "embedded", "dev"),
                RoleNames.of(roles, plugins));
        process.start();
        return new EmbeddedRuntime(plugins, process);
    }

    public String runtimeId() {
        return context().runtimeId();
    }

    /** What it is reached by: {@code mesh.http}, {@code mesh.grpc}, {@code admin.http}, {@code ops} and so on. */
    public Map<String, String> endpoints() {
        return process.endpoints();
    }

    /**
     * One endpoint.
     *
     * @throws IllegalArgumentException naming the ones there are
     */
    public String endpoint(String name) {
        String endpoint = endpoints().get(name);
        if (endpoint == null) {
            throw new IllegalArgumentException("endpoint: '%s' (expected one of: %s)"
                    .formatted(name, endpoints().keySet()));
        }
        return endpoint;
    }

    /** What its roles were given: the meta store, the mesh of the process, meters. */
    public RoleContext context() {
        return process.context();
    }

    /** Withdraws, drains and closes everything, as SIGTERM does. */
    @Override
    public void close() {
        process.close();
        plugins.close();
    }
}
