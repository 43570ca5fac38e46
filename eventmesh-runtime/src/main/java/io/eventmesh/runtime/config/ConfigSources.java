package io.eventmesh.runtime.config;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * Where a configuration comes from; what stands later wins.
 *
 * @param file YAML; empty when there is none
 * @param environment variables, of which {@code EVENTMESH_MESH_HTTP_PORT} is the key {@code mesh.http.port}
 * @param settings from the command line, by dotted key
 */
public record ConfigSources(Optional<Path> file, Map<String, String> environment, Map<String, String> settings) {
    public ConfigSources {
        environment = Map.copyOf(environment);
        settings = Map.copyOf(settings);
    }

    /** Settings alone. */
    public static ConfigSources of(Map<String, String> settings) {
        return new ConfigSources(Optional.empty(), Map.of(), settings);
    }

    /** How a refusal names the source. */
    String label() {
        return file.map(Path::toString).orElse("environment and command line");
    }
}
