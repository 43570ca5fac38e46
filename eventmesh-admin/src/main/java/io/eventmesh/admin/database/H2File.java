package io.eventmesh.admin.database;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The file of an H2 database: its size, when it is too large, and whose it is.
 *
 * <p>H2 locks the file itself, but gives the lock up whenever it closes the database, also to make it compact. Another
 * process that opens it just then would write into a file that is about to be replaced. So a second lock, on a file
 * beside it, is held from before the first opening until after the last closing.
 */
final class H2File implements AutoCloseable {
    private static final String URL = "jdbc:h2:";
    private static final String FILE = "file:";
    /** A file must have grown to so many times what it was when compact: less is work for little. */
    private static final int GROWTH = 8;
    /** Databases open in this process; its locks of one file do not exclude each other. */
    private static final Set<Path> TAKEN = ConcurrentHashMap.newKeySet();

    private final Path path;
    private final Path lock;
    private final long compactAbove;
    private volatile long limit;
    private @Nullable FileChannel held;

    private H2File(Path base, long compactAbove) {
        path = base.resolveSibling(base.getFileName() + ".mv.db");
        lock = base.resolveSibling(base.getFileName() + ".lock");
        this.compactAbove = compactAbove;
        limit = compactAbove;
    }

    /**
     * The file that a URL names; empty when the database is in memory or served by somebody else.
     *
     * @param compactAbove bytes that a file may always have
     */
    static Optional<H2File> of(String url, long compactAbove) {
        if (!url.startsWith(URL)) {
            return Optional.empty();
        }
        String name = url.substring(URL.length()).split(";", 2)[0];
        boolean file = name.startsWith(FILE);
        String base = file ? name.substring(FILE.length()) : name;
        if (!file && name.matches("[a-zA-Z]{2,}:.*")) {
            return Optional.empty();
        }
        String absolute = base.startsWith("~/") ? System.getProperty("user.home") + base.substring(1) : base;
        return Optional.of(new H2File(Path.of(absolute).toAbsolutePath().normalize(), compactAbove));
    }

    /** @throws EventMeshException DATABASE_OWNED when another database object or process has it */
    void take() {
        if (!TAKEN.add(path)) {
            throw Database.owned("the H2 file is open in this process");
        }
        try {
            Path directory = lock.getParent();
            if (directory != null) {
                Files.createDirectories(directory);
            }
            FileChannel channel = FileChannel.open(lock, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            held = channel;
            if (channel.tryLock() == null) {
                close();
                throw Database.owned("the H2 file is open in another process");
            }
        } catch (OverlappingFileLockException here) {
            close();
            throw Database.owned("the H2 file is open in this process");
        } catch (IOException failure) {
            close();
            throw new EventMeshException(
                    ErrorCode.STORAGE_UNAVAILABLE,
                    "admin database: directory not writable (expected: writable)",
                    failure);
        }
    }

    /** In bytes; 0 when there is no file. */
    long size() {
        try {
            return Files.size(path);
        } catch (IOException absent) {
            return 0;
        }
    }

    boolean isTooLarge() {
        return size() > limit;
    }

    /** The file is as small as it can be: says how far it may grow from here. */
    void settle() {
        limit = Math.max(compactAbove, size() * GROWTH);
    }

    /** Gives a compaction that did not happen another chance soon, but not at once. */
    void postpone() {
        limit = size() + compactAbove / GROWTH;
    }

    @Override
    public void close() {
        FileChannel channel = held;
        held = null;
        TAKEN.remove(path);
        if (channel != null) {
            try {
                channel.close();
            } catch (IOException failure) {
                throw new EventMeshException(
                        ErrorCode.STORAGE_UNAVAILABLE, "admin database: lock not closed (expected: closed)", failure);
            }
        }
    }

    @Override
    public String toString() {
        return path.toString();
    }
}
