package io.eventmesh.connector.file;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Optional;

/** By what a file system tells files apart, whatever they are called. */
final class FileKeys {
    private FileKeys() {}

    /** The key of the file at the path: its inode number, where there is one; empty when there is no file. */
    static Optional<String> of(Path path) throws IOException {
        try {
            return Optional.of(Files.getAttribute(path, "unix:ino").toString());
        } catch (NoSuchFileException absent) {
            return Optional.empty();
        } catch (UnsupportedOperationException | IllegalArgumentException notUnix) {
            return other(path);
        }
    }

    /** The file of that key beside the path, which was renamed perhaps. */
    static Optional<Path> find(Path beside, String key) throws IOException {
        Path directory = beside.getParent();
        if (key.isEmpty() || directory == null || !Files.isDirectory(directory)) {
            return Optional.empty();
        }
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
            for (Path file : files) {
                if (Files.isRegularFile(file) && of(file).filter(key::equals).isPresent()) {
                    return Optional.of(file);
                }
            }
        }
        return Optional.empty();
    }

    private static Optional<String> other(Path path) throws IOException {
        try {
            Object key = Files.readAttributes(path, BasicFileAttributes.class).fileKey();
            return Optional.of(key == null ? "" : key.toString());
        } catch (NoSuchFileException absent) {
            return Optional.empty();
        }
    }
}
