package io.eventmesh.meta.zookeeper;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.lifecycle.Health;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.spi.meta.MetaStore;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.apache.zookeeper.ZooKeeper;
import org.jspecify.annotations.Nullable;

/**
 * The meta store on ZooKeeper, given or embedded.
 *
 * <p>A lost connection changes nothing until the session is over: registrations are made again by the next session, and
 * a leader is told {@code lost()} when its session ended or the connection was away for the session time-out, after which
 * it takes part in the election again by itself.
 *
 * <p>Stages complete, and callbacks come, on the thread {@code meta-zookeeper-1}, which must not be blocked.
 */
final class ZooKeeperMetaStore implements MetaStore {
    private static final int MAX_VALUE_BYTES = 64 * 1024;

    private final ZooKeeperConfig config;
    private final String connect;
    private final Paths paths;
    private final MeshClock clock;
    private final Path dataDirectory;
    private final AtomicLong candidates = new AtomicLong();

    private volatile @Nullable EmbeddedHost host;
    private volatile @Nullable ConnectString address;
    private volatile @Nullable Session session;
    private boolean closed;

    ZooKeeperMetaStore(ZooKeeperConfig config, String connect, Paths paths, MeshClock clock, Path dataDirectory) {
        this.config = config;
        this.connect = connect;
        this.paths = paths;
        this.clock = clock;
        this.dataDirectory = dataDirectory;
    }

    @Override
    public String name() {
        return "meta-zookeeper";
    }

    @Override
    public Duration sessionTimeout() {
        return config.sessionTimeout();
    }

    @Override
    public synchronized void start() {
        if (closed || session != null) {
            throw new IllegalStateException("started or closed before");
        }
        try {
            ConnectString target = connect.isEmpty() ? startHost() : new ConnectString(() -> connect);
            address = target;
            Session opened = new Session(config, target, clock, this::look);
            session = opened;
            opened.start();
        } catch (RuntimeException failure) {
            close();
            throw failure;
        }
    }

    private ConnectString startHost() {
        EmbeddedHost made =
                new EmbeddedHost(dataDirectory.resolve("zookeeper"), config.embeddedPort(), clock, this::moved);
        host = made;
        made.start(config.connectTimeout());
        return new ConnectString(made::address);
    }

    private void moved(String now) {
        Session open = session;
        if (open != null) {
            open.retarget(now);
        }
    }

    private void look() {
        EmbeddedHost embedded = host;
        if (embedded != null) {
            embedded.look();
        }
    }

    @Override
    public Health health() {
        Session open = session;
        ConnectString target = address;
        if (open == null || target == null) {
            return Health.down("not running");
        }
        String where = target.getConnectionString();
        EmbeddedHost embedded = host;
        String what = embedded == null
                ? "ZooKeeper " + where
                : (embedded.hosting() ? "embedded ZooKeeper " : "joined the embedded ZooKeeper of another process ")
                        + where;
        return open.isConnected()
                ? Health.up(what)
                : Health.degraded(what + " does not answer; serving the last known state");
    }

    @Override
    public synchronized void close() {
        closed = true;
        Session open = session;
        session = null;
        if (open != null) {
            open.close();
        }
        EmbeddedHost embedded = host;
        if (embedded != null) {
            embedded.close();
        }
    }

    @Override
    public boolean connected() {
        Session open = session;
        return open != null && open.isConnected();
    }

    @Override
    public Handle watchConnection(Consumer<Boolean> listener) {
        Session open = running();
        ConnectionWatch watch = new ConnectionWatch(open, listener);
        open.run(watch::begin);
        return watch;
    }

    @Override
    public CompletionStage<Optional<Versioned>> get(String path) {
        return ask("get " + path, path, (nodes, node, call) -> nodes.get(call, node));
    }

    @Override
    public CompletionStage<Long> put(String path, byte[] value, long expected) {
        try {
            byte[] copy = checkedCopy(value);
            checkExpected(expected);
            return ask("put " + path, path, (nodes, node, call) -> nodes.put(call, node, copy, expected));
        } catch (EventMeshException refused) {
            return CompletableFuture.failedFuture(refused);
        }
    }

    @Override
    public CompletionStage<@Nullable Void> delete(String path, long expected) {
        try {
            checkExpected(expected);
            return ask("delete " + path, path, (nodes, node, call) -> nodes.delete(call, node, expected));
        } catch (EventMeshException refused) {
            return CompletableFuture.failedFuture(refused);
        }
    }

    @Override
    public Handle watch(String directory, Consumer<Map<String, Versioned>> listener) {
        return watching(directory, listener);
    }

    @Override
    public CompletionStage<Registration> register(String path, byte[] value) {
        try {
            Session open = running();
            byte[] copy = checkedCopy(value);
            return new EphemeralRegistration(open, new Nodes(open), path, paths.absolute(path), copy).begin();
        } catch (EventMeshException refused) {
            return CompletableFuture.failedFuture(refused);
        }
    }

    @Override
    public Handle elect(String path, byte[] candidate, Leadership leadership) {
        Session open = running();
        Candidacy candidacy = new Candidacy(
                open,
                new Nodes(open),
                paths.absolute(path),
                candidates.incrementAndGet(),
                checkedCopy(candidate),
                leadership);
        open.run(candidacy::begin);
        return candidacy;
    }

    @Override
    public Handle watchLeader(String path, Consumer<Optional<byte[]>> listener) {
        return watching(path, new LeaderView(listener));
    }

    private Handle watching(String directory, Consumer<Map<String, Versioned>> listener) {
        Session open = running();
        DirectoryWatch watch = new DirectoryWatch(open, paths.absolute(directory), false, listener);
        open.run(() -> open.follow(watch));
        return watch::close;
    }

    private interface Request<T extends @Nullable Object> {
        void send(Nodes nodes, String node, Call<T> call);
    }

    private <T extends @Nullable Object> CompletionStage<T> ask(String what, String path, Request<T> request) {
        try {
            String node = paths.absolute(path);
            Session open = running();
            return open.call(what, call -> request.send(new Nodes(open), node, call));
        } catch (EventMeshException refused) {
            return CompletableFuture.failedFuture(refused);
        }
    }

    /** The client's handle, whose session a test ends. */
    ZooKeeper zooKeeper() {
        return running().zooKeeper();
    }

    private Session running() {
        Session open = session;
        if (open == null) {
            throw Session.closed();
        }
        return open;
    }

    private static void checkExpected(long expected) {
        if (expected < ANY) {
            throw new EventMeshException(
                    ErrorCode.REQUEST_INVALID,
                    "expected version: %s (expected: a version, ABSENT or ANY)".formatted(expected));
        }
    }

    static byte[] checkedCopy(byte[] value) {
        if (value.length > MAX_VALUE_BYTES) {
            throw new EventMeshException(
                    ErrorCode.REQUEST_INVALID,
                    "meta value: %s bytes (expected: <= %s)".formatted(value.length, MAX_VALUE_BYTES));
        }
        return value.clone();
    }
}
