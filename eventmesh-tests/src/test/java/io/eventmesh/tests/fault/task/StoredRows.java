package io.eventmesh.tests.fault.task;

import io.eventmesh.tests.fault.task.plugin.Stamp;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** What the storing sinks wrote, and when which task was opened under which right. */
final class StoredRows {
    private final Path directory;

    StoredRows(Path directory) {
        this.directory = directory;
    }

    /**
     * A life of a sink task.
     *
     * @param task {@code connector-ordinal}
     * @param atMillis wall time of its opening
     */
    record Opening(String task, long term, long epoch, long atMillis) {}

    List<Opening> openings() {
        return files().stream()
                .map(file -> file.getFileName().toString().split(",", -1))
                .map(name ->
                        new Opening(name[0], Long.parseLong(name[1]), Long.parseLong(name[2]), Long.parseLong(name[3])))
                .toList();
    }

    /** Every whole line of every file. */
    List<Stamp> rows() {
        List<Stamp> rows = new ArrayList<>();
        for (Path file : files()) {
            String text = read(file);
            int end = text.lastIndexOf('\n');
            text.substring(0, Math.max(0, end))
                    .lines()
                    .map(line -> Stamp.decode(line.getBytes(StandardCharsets.UTF_8)))
                    .forEach(rows::add);
        }
        return rows;
    }

    private List<Path> files() {
        try (Stream<Path> files = Files.list(directory)) {
            return files.sorted().toList();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file, StandardCharsets.UTF_8);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }
}
