package io.eventmesh.meta.zookeeper;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.concurrent.TimeUnit.MILLISECONDS;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.thread.NamedThreads;
import io.eventmesh.common.time.MeshClock;
import java.io.IOException;
import java.net.BindException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sees to it that one of the processes that share a data directory hosts ZooKeeper, and that all know where.
 *
 * <pre>
 * SEEKING --lock taken, server up--> HOSTING
 * SEEKING --somebody else has the lock and wrote the port--> JOINED
 * JOINED  --lock free: the host is gone--> HOSTING
 * HOSTING --server stopped by itself--> HOSTING, after a restart
 * </pre>
 *
 * <p>The operating system frees {@code host.lock} when its holder dies, in whatever way. The host writes its port to the
 * file {@code port}. Work is done by one thread of its own; all methods may be called by any thread.
 */
final class EmbeddedHost implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(EmbeddedHost.class);
    private static final Duration SEEKING_TICK = Duration.ofMillis(50);
    private static final Duration TICK = Duration.ofSeconds(1);
    private static final Duration PURGE = Duration.ofHours(1);
    /** A host that dies frees the lock a moment before the port. */
    private static final Duration PORT_PATIENCE = Duration.ofSeconds(2);

    private static final Duration CLOSE_WAIT = Duration.ofSeconds(10);

    private final Path directory;
    private final int port;
    private final MeshClock clock;
    private final Consumer<String> moved;
    private final ScheduledThreadPoolExecutor thread;
    private final CompletableFuture<String> settled = new CompletableFuture<>();

    private volatile String address = "";
    private volatile @Nullable Thread worker;
    private volatile boolean hosting;
    private @Nullable FileChannel lockFile;
    private @Nullable FileLock lock;
    private @Nullable EmbeddedServer server;
    private boolean closed;
    private boolean troubled;
    private long lockedAt;
    private long purgedAt;

    /** @param moved told the new address when the server is elsewhere than before */
    EmbeddedHost(Path directory, int port, MeshClock clock, Consumer<String> moved) {
        this.directory = directory;
        this.port = port;
        this.clock = clock;
        this.moved = moved;
        this.thread = new ScheduledThreadPoolExecutor(1, work -> {
            Thread made = NamedThreads.named("meta-zookeeper-host-1", work);
            worker = made;
            return made;
        });
    }

    /**
     * Hosts or joins, and answers the address.
     *
     * @throws EventMeshException PORT_IN_USE, or META_UNAVAILABLE when neither was possible in time
     */
    String start(Duration within) {
        try {
            Files.createDirectories(directory);
            lockFile = FileChannel.open(
                    directory.resolve("host.lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        } catch (IOException unusable) {
            throw new EventMeshException(
                    ErrorCode.META_UNAVAILABLE,
                    "embedded ZooKeeper: its data directory cannot be used (expected: writable)",
                    unusable);
        }
        thread.execute(this::tickAndGoOn);
        long patience = Math.max(within.toMillis(), PORT_PATIENCE.toMillis() * 2);
        try {
            return settled.get(patience, MILLISECONDS);
        } catch (ExecutionException refused) {
            throw EventMeshException.of(refused);
        } catch (TimeoutException late) {
            throw new EventMeshException(
                    ErrorCode.META_UNAVAILABLE,
                    "embedded ZooKeeper: another process holds its lock and tells no port within %s ms"
                            .formatted(patience));
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new EventMeshException(ErrorCode.META_UNAVAILABLE, "embedded ZooKeeper: interrupted", interrupted);
        }
    }

    boolean hosting() {
        return hosting;
    }

    /** Where the server is, as far as known; empty before {@link #start} has answered. */
    String address() {
        return address;
    }

    /** Looks now rather than at the next second: the connection was lost. */
    void look() {
        try {
            thread.execute(this::tick);
        } catch (RejectedExecutionException closedMeanwhile) {
            log.debug("Look after close dropped.");
        }
    }

    @Override
    public void close() {
        if (thread.isShutdown()) {
            return;
        }
        try {
            CompletableFuture.runAsync(this::release, thread).get(CLOSE_WAIT.toMillis(), MILLISECONDS);
            thread.shutdownNow();
            Thread own = worker;
            if (own != null) {
                own.join(CLOSE_WAIT.toMillis());
            }
        } catch (ExecutionException | TimeoutException failure) {
            log.warn("Embedded ZooKeeper did not stop cleanly.", failure);
            thread.shutdownNow();
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            thread.shutdownNow();
        }
    }

    private void tickAndGoOn() {
        tick();
        Duration next = settled.isDone() ? TICK : SEEKING_TICK;
        try {
            ScheduledFuture<?> unused = thread.schedule(this::tickAndGoOn, next.toMillis(), MILLISECONDS);
        } catch (RejectedExecutionException closedMeanwhile) {
            log.debug("Tick after close dropped.");
        }
    }

    private void tick() {
        if (closed || settled.isCompletedExceptionally()) {
            return;
        }
        try {
            if (server != null) {
                attend(server);
            } else if (locked()) {
                host();
            } else {
                join();
            }
            troubled = false;
        } catch (EventMeshException refusal) {
            settled.completeExceptionally(refusal);
        } catch (IOException | RuntimeException failure) {
            if (settled.completeExceptionally(new EventMeshException(
                    ErrorCode.META_UNAVAILABLE,
                    "embedded ZooKeeper does not start: " + failure.getClass().getSimpleName(),
                    failure))) {
                return;
            }
            if (!troubled) {
                log.warn("Embedded ZooKeeper in trouble, tried each second. error={}", failure.toString());
            }
            troubled = true;
        }
    }

    private void attend(EmbeddedServer running) {
        if (!running.running()) {
            log.warn("Embedded ZooKeeper stopped by itself and is started again.");
            running.close();
            server = null;
            hosting = false;
        } else if (clock.nanoTime() - purgedAt > PURGE.toNanos()) {
            purgedAt = clock.nanoTime();
            running.purge();
        }
    }

    private boolean locked() throws IOException {
        if (lock == null && lockFile != null) {
            try {
                lock = lockFile.tryLock();
                lockedAt = clock.nanoTime();
            } catch (OverlappingFileLockException heldInThisProcess) {
                return false;
            }
        }
        return lock != null;
    }

    private void host() throws IOException {
        try {
            server = open();
        } catch (BindException taken) {
            if (settled.isDone()) {
                throw taken;
            }
            if (clock.nanoTime() - lockedAt > PORT_PATIENCE.toNanos()) {
                throw portInUse(taken);
            }
            return;
        }
        purgedAt = clock.nanoTime();
        Path fresh = directory.resolve("port.new");
        Files.writeString(fresh, Integer.toString(server.port()), UTF_8);
        Files.move(fresh, directory.resolve("port"), StandardCopyOption.ATOMIC_MOVE);
        hosting = true;
        log.info("Embedded ZooKeeper hosted. port={} takenOver={}", server.port(), settled.isDone());
        settle("127.0.0.1:" + server.port());
    }

    /** With a free port to choose, the one that the others know already is the best. */
    private EmbeddedServer open() throws IOException {
        int known = knownPort();
        if (port == 0 && known > 0) {
            try {
                return EmbeddedServer.start(directory, known);
            } catch (BindException taken) {
                log.debug("The former host's port is taken. port={}", known);
            }
        }
        return EmbeddedServer.start(directory, port);
    }

    private void join() throws IOException {
        int known = knownPort();
        if (known > 0) {
            settle("127.0.0.1:" + known);
        }
    }

    private int knownPort() throws IOException {
        Path file = directory.resolve("port");
        if (!Files.exists(file)) {
            return 0;
        }
        try {
            return Integer.parseInt(Files.readString(file, UTF_8).strip());
        } catch (NumberFormatException torn) {
            return 0;
        }
    }

    private void settle(String now) {
        if (now.equals(address)) {
            return;
        }
        boolean first = address.isEmpty();
        address = now;
        if (first) {
            settled.complete(now);
        } else {
            moved.accept(now);
        }
    }

    private EventMeshException portInUse(BindException taken) {
        String expected = LoopbackProbe.zooKeeperAnswers(port)
                ? "free, but a ZooKeeper that is not ours answers there: set meta.connect to 127.0.0.1:%s to use it, or"
                        .formatted(port)
                : "free; otherwise";
        return new EventMeshException(
                ErrorCode.PORT_IN_USE,
                "port of the embedded ZooKeeper: %s (expected: %s choose another by meta.zookeeper.embedded-port or"
                                .formatted(port, expected)
                        + " EVENTMESH_META_ZOOKEEPER_EMBEDDED_PORT)",
                taken);
    }

    private void release() {
        closed = true;
        hosting = false;
        if (server != null) {
            server.close();
            server = null;
        }
        try {
            if (lock != null) {
                lock.release();
            }
            if (lockFile != null) {
                lockFile.close();
            }
        } catch (IOException failure) {
            log.warn("Lock of the embedded ZooKeeper not released cleanly. error={}", failure.getMessage());
        }
    }
}
