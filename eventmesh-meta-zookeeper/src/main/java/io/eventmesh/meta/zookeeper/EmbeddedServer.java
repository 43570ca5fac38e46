package io.eventmesh.meta.zookeeper;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import org.apache.zookeeper.server.NIOServerCnxnFactory;
import org.apache.zookeeper.server.PurgeTxnLog;
import org.apache.zookeeper.server.ZKDatabase;
import org.apache.zookeeper.server.ZooKeeperServer;
import org.apache.zookeeper.server.persistence.FileTxnSnapLog;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A ZooKeeper of one server in this process, on loopback. Without ZooKeeper's main class: no admin server, no config
 * file, and a port that is taken is told as the {@link java.net.BindException} it is. One thread at a time.
 */
final class EmbeddedServer implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(EmbeddedServer.class);
    private static final int TICK_MILLIS = 500;
    private static final int MIN_SESSION_MILLIS = 1_000;
    private static final int MAX_SESSION_MILLIS = 120_000;
    private static final int KEPT_SNAPSHOTS = 3;
    private static final int UNLIMITED = 0;
    private static final int DEFAULT_BACKLOG = -1;

    private final Path directory;
    private final FileTxnSnapLog files;
    private final ZooKeeperServer server;
    private final NIOServerCnxnFactory door;

    private EmbeddedServer(Path directory, FileTxnSnapLog files, ZooKeeperServer server, NIOServerCnxnFactory door) {
        this.directory = directory;
        this.files = files;
        this.server = server;
        this.door = door;
    }

    /**
     * Starts on a directory that nobody else uses.
     *
     * @param port 0 for a free one
     * @throws java.net.BindException when the port is taken
     */
    static EmbeddedServer start(Path directory, int port) throws IOException {
        NIOServerCnxnFactory door = new NIOServerCnxnFactory();
        door.configure(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), port), UNLIMITED, DEFAULT_BACKLOG, false);
        FileTxnSnapLog files = null;
        try {
            files = new FileTxnSnapLog(directory.toFile(), directory.toFile());
            ZooKeeperServer server = new ZooKeeperServer(
                    files,
                    TICK_MILLIS,
                    MIN_SESSION_MILLIS,
                    MAX_SESSION_MILLIS,
                    DEFAULT_BACKLOG,
                    new ZKDatabase(files),
                    "");
            door.startup(server, true);
            EmbeddedServer started = new EmbeddedServer(directory, files, server, door);
            started.purge();
            return started;
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            release(door, files);
            throw new IOException("interrupted", interrupted);
        } catch (IOException | RuntimeException failure) {
            release(door, files);
            throw failure;
        }
    }

    int port() {
        return door.getLocalPort();
    }

    /** False after it stopped by itself, as on a full disk. */
    boolean running() {
        return server.isRunning();
    }

    /** Removes snapshots and logs that are not needed any more. */
    void purge() {
        try {
            PurgeTxnLog.purge(directory.toFile(), directory.toFile(), KEPT_SNAPSHOTS);
        } catch (IOException failure) {
            log.warn("Old snapshots of the embedded ZooKeeper not removed. error={}", failure.getMessage());
        }
    }

    /** Returns after its threads have ended. */
    @Override
    public void close() {
        door.shutdown();
        try {
            door.join();
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
        server.shutdown(true);
        closeFiles(files);
    }

    private static void release(NIOServerCnxnFactory door, @Nullable FileTxnSnapLog files) {
        door.shutdown();
        if (files != null) {
            closeFiles(files);
        }
    }

    private static void closeFiles(FileTxnSnapLog files) {
        try {
            files.close();
        } catch (IOException failure) {
            log.warn("Files of the embedded ZooKeeper not closed cleanly. error={}", failure.getMessage());
        }
    }
}
