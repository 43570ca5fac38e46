package io.eventmesh.runtime;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.lifecycle.Component;
import io.eventmesh.common.lifecycle.Health;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Locale;
import java.util.UUID;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Who this runtime is: an id kept in {@code runtimes/<n>/id}, n being the first slot whose lock is free, so that several
 * processes share one data directory and each finds its own id again; and an incarnation that is new with each start.
 */
final class RuntimeIdentity implements Component {
    private static final int SLOTS = 1_000;

    private final Path runtimes;
    private final String host;
    private final RandomGenerator random;
    private final String incarnation;
    private @Nullable Slot slot;
    private volatile @Nullable String id;

    /**
     * @param dataDirectory shared by the processes of the installation
     * @param host the machine's name, the head of a new id
     */
    RuntimeIdentity(Path dataDirectory, String host, RandomGenerator random) {
        this.runtimes = dataDirectory.resolve("runtimes");
        this.host = host;
        this.random = random;
        this.incarnation = new UUID(random.nextLong(), random.nextLong()).toString();
    }

    String id() {
        return required(id);
    }

    String incarnation() {
        return incarnation;
    }

    /** Where this runtime keeps what is its own. */
    synchronized Path directory() {
        return required(slot).directory();
    }

    @Override
    public String name() {
        return "identity";
    }

    @Override
    public synchronized void start() {
        try {
            for (int n = 0; n < SLOTS && slot == null; n++) {
                slot = Slot.take(runtimes.resolve(Integer.toString(n)));
            }
            if (slot == null) {
                throw new EventMeshException(
                        ErrorCode.INTERNAL,
                        "runtimes of one data directory: all of %d slots are taken".formatted(SLOTS));
            }
            id = read(slot.directory().resolve("id"));
        } catch (IOException failure) {
            close();
            throw new EventMeshException(
                    ErrorCode.INTERNAL, "data: '%s' (expected: a writable directory)".formatted(runtimes), failure);
        }
    }

    @Override
    public Health health() {
        String known = id;
        return known == null ? Health.down("not started") : Health.up(known);
    }

    @Override
    public synchronized void close() {
        if (slot != null) {
            slot.release();
            slot = null;
        }
    }

    private String read(Path file) throws IOException {
        if (Files.exists(file)) {
            String kept = Files.readString(file).strip();
            if (kept.matches("[A-Za-z0-9._-]{1,64}")) {
                return kept;
            }
        }
        String made = "%s-%04x".formatted(label(host), random.nextInt(0x1_0000));
        Path written = file.resolveSibling("id.new");
        Files.writeString(written, made + "\n");
        Files.move(written, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        return made;
    }

    /** The first label of the host's name in what a meta path takes. */
    private static String label(String host) {
        String first = host.strip().split("\\.", 2)[0].toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9-]", "-");
        String cut = first.substring(0, Math.min(40, first.length()));
        return cut.isEmpty() ? "runtime" : cut;
    }

    private static <T> T required(@Nullable T value) {
        if (value == null) {
            throw new IllegalStateException("not started");
        }
        return value;
    }

    /**
     * A directory with a lock. The lock file tells processes apart; within a process it cannot (closing any channel of a
     * file gives up the locks of all), so a system property, which the whole process sees, is taken first.
     */
    private record Slot(Path directory, String mark, FileChannel channel) {
        static @Nullable Slot take(Path directory) throws IOException {
            Files.createDirectories(directory);
            String mark = "eventmesh.slot." + directory.toRealPath();
            if (System.getProperties().putIfAbsent(mark, "taken") != null) {
                return null;
            }
            FileChannel channel = null;
            try {
                channel = FileChannel.open(
                        directory.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                FileLock lock = channel.tryLock();
                if (lock != null) {
                    return new Slot(directory, mark, channel);
                }
            } catch (IOException | RuntimeException failure) {
                free(mark, channel);
                throw failure;
            }
            free(mark, channel);
            return null;
        }

        void release() {
            try {
                free(mark, channel);
            } catch (IOException failure) {
                throw new UncheckedIOException(failure);
            }
        }

        private static void free(String mark, @Nullable FileChannel channel) throws IOException {
            try (channel) {
                System.getProperties().remove(mark);
            }
        }
    }
}
