package io.eventmesh.connector.file;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a configured path must be. */
final class FilePaths {
    private FilePaths() {}

    static List<String> problems(@Nullable String path) {
        if (path == null) {
            return List.of("path: missing (expected: a file)");
        }
        try {
            return Files.isDirectory(Path.of(path))
                    ? List.of("path: '" + path + "' (expected: a file, not a directory)")
                    : List.of();
        } catch (InvalidPathException malformed) {
            return List.of("path: '" + path + "' (expected: a path)");
        }
    }

    /**
     * The path, without a look at the file system.
     *
     * @throws EventMeshException CONNECTOR_CONFIG_INVALID
     */
    static Path require(@Nullable String path) {
        try {
            if (path != null) {
                return Path.of(path).toAbsolutePath();
            }
        } catch (InvalidPathException malformed) {
            throw new EventMeshException(
                    ErrorCode.CONNECTOR_CONFIG_INVALID, "path: '" + path + "' (expected: a path)", malformed);
        }
        throw new EventMeshException(ErrorCode.CONNECTOR_CONFIG_INVALID, "path: missing (expected: a file)");
    }
}
