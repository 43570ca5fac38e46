package io.eventmesh.connector.file;

import io.eventmesh.spi.connector.SinkConnector;
import io.eventmesh.spi.connector.SinkRecord;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Appends a line an event.
 *
 * <p>The file is the sink's own: a last line without a line break, which a crash left, is taken away when the sink opens
 * (its event was not acked and comes again). A batch is written by one append, so that the lines of an owner that was
 * fenced off and has not noticed stand whole beside the new one's. There is no lock, since such an owner would hold it.
 */
final class FileSink implements SinkConnector {
    private static final Logger log = LoggerFactory.getLogger(FileSink.class);
    private static final int CHUNK = 64 << 10;

    private final Path path;
    private final EventLines lines;
    private volatile @Nullable FileChannel file;
    private volatile boolean closed;

    FileSink(FileSinkConfig config) {
        this.path = FilePaths.require(config.path());
        this.lines = new EventLines(config.format());
    }

    @Override
    public void open() throws IOException {
        Path directory = path.getParent();
        if (directory != null) {
            Files.createDirectories(directory);
        }
        try (FileChannel whole =
                FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.CREATE)) {
            repair(whole);
        }
        file = FileChannel.open(path, StandardOpenOption.WRITE, StandardOpenOption.APPEND, StandardOpenOption.CREATE);
        if (closed) {
            close();
        }
    }

    @Override
    public void put(List<SinkRecord> batch) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(batch.size() * 128);
        for (SinkRecord record : batch) {
            // all lines are made before the first is written: a refused one leaves nothing behind
            bytes.writeBytes(lines.line(record.event()));
            bytes.write('\n');
        }
        append(ByteBuffer.wrap(bytes.toByteArray()));
    }

    @Override
    public void flush() throws IOException {
        open(file).force(false);
    }

    @Override
    public void close() {
        closed = true;
        FileChannel open = file;
        if (open != null) {
            try {
                open.close();
            } catch (IOException failure) {
                log.warn("File not closed. error={}", failure.toString());
            }
        }
    }

    private void append(ByteBuffer bytes) throws IOException {
        FileChannel out = usable();
        long before = out.size();
        try {
            while (bytes.hasRemaining()) {
                out.write(bytes);
            }
        } catch (IOException failure) {
            undo(out, before, bytes.position());
            throw failure;
        }
    }

    /** What a full disk took of a batch goes away again, unless somebody wrote behind it. */
    private static void undo(FileChannel out, long before, int written) {
        try {
            if (out.isOpen() && out.size() == before + written) {
                out.truncate(before);
            }
        } catch (IOException failure) {
            log.debug("Part of a batch stays in the file, its events come again. error={}", failure.toString());
        }
    }

    /** A channel that an interrupt or an error closed is opened again. */
    private FileChannel usable() throws IOException {
        FileChannel out = file;
        if (out == null || (!out.isOpen() && !closed)) {
            open();
        }
        return open(file);
    }

    private static FileChannel open(@Nullable FileChannel file) throws IOException {
        if (file == null) {
            throw new ClosedChannelException();
        }
        return file;
    }

    private void repair(FileChannel whole) throws IOException {
        long size = whole.size();
        long end = endOfLastLine(whole, size);
        if (end < size) {
            log.info("Torn last line taken away, its event comes again. path={} bytes={}", path, size - end);
            whole.truncate(end);
            whole.force(true);
        }
    }

    private static long endOfLastLine(FileChannel whole, long size) throws IOException {
        ByteBuffer chunk = ByteBuffer.allocate(CHUNK);
        long end = size;
        while (end > 0) {
            long start = Math.max(0, end - CHUNK);
            chunk.clear().limit((int) (end - start));
            int count = 0;
            while (chunk.hasRemaining() && count >= 0) {
                count = whole.read(chunk, start + chunk.position());
            }
            for (int i = chunk.position() - 1; i >= 0; i--) {
                if (chunk.get(i) == '\n') {
                    return start + i + 1;
                }
            }
            end = start;
        }
        return 0;
    }
}
