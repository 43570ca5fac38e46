package io.eventmesh.benchmarks.storage;

import io.eventmesh.common.thread.NamedThreads;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** The yardstick: one thread that appends whatever waits to a file and forces it, and nothing else. */
public final class RawAppend implements AutoCloseable {
    private static final int BUFFER = 1 << 20;

    private record Waiting(ByteBuffer bytes, Runnable stored) {}

    private final Path path;
    private final FileChannel file;
    private final LinkedBlockingQueue<Waiting> queue = new LinkedBlockingQueue<>(100_000);
    private final Thread writer = NamedThreads.named("bench-raw", this::run);
    private volatile boolean closing;

    /**
     * @param directory where the file is until this is closed
     */
    public RawAppend(Path directory) throws IOException {
        path = directory.resolve("raw");
        file = FileChannel.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        writer.start();
    }

    /** Calls back on the writing thread when the bytes are on the disk. */
    public void append(byte[] bytes, Runnable stored) throws InterruptedException {
        queue.put(new Waiting(ByteBuffer.wrap(bytes), stored));
    }

    private void run() {
        ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER);
        List<Waiting> batch = new ArrayList<>();
        try {
            while (!closing) {
                Waiting first = queue.poll(10, TimeUnit.MILLISECONDS);
                if (first == null) {
                    continue;
                }
                batch.add(first);
                queue.drainTo(batch);
                for (Waiting each : batch) {
                    if (buffer.remaining() < each.bytes().remaining()) {
                        write(buffer);
                    }
                    buffer.put(each.bytes());
                }
                write(buffer);
                file.force(false);
                batch.forEach(each -> each.stored().run());
                batch.clear();
            }
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void write(ByteBuffer buffer) throws IOException {
        buffer.flip();
        while (buffer.hasRemaining()) {
            file.write(buffer);
        }
        buffer.clear();
    }

    @Override
    public void close() throws IOException {
        closing = true;
        try {
            writer.join(TimeUnit.SECONDS.toMillis(10));
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
        file.close();
        Files.delete(path);
    }
}
