package io.eventmesh.tests.fault.task.plugin;

import io.eventmesh.spi.connector.SinkConnector;
import io.eventmesh.spi.connector.SinkRecord;
import io.eventmesh.spi.connector.TaskContext;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Appends what it is given to a file of its own, one line an event, whole batches at a time. The file's name is
 * {@code connector-ordinal,term,epoch,millis of the opening,pid}; files are never written again after their task ended,
 * so that a line which a kill cut in two is the last one of its file.
 */
final class StoringSink implements SinkConnector {
    private final Path directory;
    private final TaskContext context;
    private @Nullable OutputStream file;

    StoringSink(Path directory, TaskContext context) {
        this.directory = directory;
        this.context = context;
    }

    @Override
    public void open() throws IOException {
        String name = "%s-%d,%d,%d,%d,%d"
                .formatted(
                        context.connector(),
                        context.ordinal(),
                        context.fence().term(),
                        context.fence().epoch(),
                        context.clock().millis(),
                        ProcessHandle.current().pid());
        file = Files.newOutputStream(directory.resolve(name));
    }

    @Override
    public void put(List<SinkRecord> batch) throws IOException {
        OutputStream open = file;
        if (open == null) {
            throw new IOException("not open");
        }
        StringBuilder lines = new StringBuilder();
        for (SinkRecord record : batch) {
            lines.append(new String(record.event().data(), StandardCharsets.UTF_8))
                    .append('\n');
        }
        open.write(lines.toString().getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public void flush() {
        // what was written is the operating system's and outlives this process
    }

    @Override
    public void close() {
        OutputStream open = file;
        if (open != null) {
            try {
                open.close();
            } catch (IOException failure) {
                throw new UncheckedIOException(failure);
            }
        }
    }
}
