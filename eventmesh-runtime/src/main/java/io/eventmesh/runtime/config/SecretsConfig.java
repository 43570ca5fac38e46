package io.eventmesh.runtime.config;

import io.eventmesh.common.config.Doc;
import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What definitions may name, since whoever may write one could else read all that this process can.
 *
 * @param env what the names of environment variables begin with
 * @param directories in which files lie
 */
public record SecretsConfig(
        @Doc("Environment variables that may be named: what their names begin with.")
        List<String> env,

        @Doc("Directories with files that may be named.") List<String> directories) {
    public SecretsConfig {
        env = List.copyOf(env);
        directories = List.copyOf(directories);
    }

    public static SecretsConfig standard() {
        return new SecretsConfig(List.of("EVENTMESH_SECRET_"), List.of("/run/secrets"));
    }

    /**
     * What was expected instead of a placeholder that must not be used; null for one that may. Looks where links lead.
     *
     * @param form {@code env} or {@code file}
     * @param name what stands behind the colon
     */
    public @Nullable String expectation(String form, String name) {
        if (form.equals("env")) {
            return env.stream().anyMatch(name::startsWith) ? null : "a variable that begins with one of " + env;
        }
        int hash = name.lastIndexOf('#');
        String path = hash < 0 ? name : name.substring(0, hash);
        return directories.stream().anyMatch(directory -> lies(path, directory))
                ? null
                : "a file in one of " + directories;
    }

    private static boolean lies(String file, String directory) {
        try {
            Path parent = Path.of(directory).toAbsolutePath().normalize();
            Path path = Path.of(file).toAbsolutePath().normalize();
            if (!path.startsWith(parent)) {
                return false;
            }
            // where links lead counts, once there is a file
            return !path.toFile().exists() || path.toRealPath().startsWith(parent.toRealPath());
        } catch (InvalidPathException | IOException unusable) {
            return false;
        }
    }
}
