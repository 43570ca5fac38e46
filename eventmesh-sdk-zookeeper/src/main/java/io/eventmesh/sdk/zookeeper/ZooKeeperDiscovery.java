package io.eventmesh.sdk.zookeeper;

import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.thread.NamedThreads;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.sdk.discovery.EndpointDiscovery;
import io.eventmesh.spi.mesh.MeshEndpoint;
import io.eventmesh.spi.meta.RuntimeRegistration;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.framework.state.ConnectionState;
import org.apache.zookeeper.AddWatchMode;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.WatchedEvent;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.ZooKeeper;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Follows the registrations of one cluster and tells those with a mesh.
 *
 * <p>A round begins with each connection: set the watch, list, read each registration; afterwards each event reads the
 * one it names. Nothing is told while a read is outstanding, so that a reconnect never shows a half-read list, and a lost
 * connection only leaves the last list standing. All state lives on the thread {@code sdk-zookeeper-1}.
 */
final class ZooKeeperDiscovery implements EndpointDiscovery {
    private static final Logger log = LoggerFactory.getLogger(ZooKeeperDiscovery.class);
    private static final Duration SESSION = Duration.ofSeconds(10);
    private static final Duration CONNECT = Duration.ofSeconds(5);
    private static final Duration CLOSE_WAIT = Duration.ofSeconds(5);
    private static final Duration RETRY = Duration.ofSeconds(1);

    private final ZooKeeperAddress address;
    private final String directory;
    private final MeshClock clock;
    private final Watcher watcher = this::changed;

    private volatile @Nullable ScheduledThreadPoolExecutor loop;
    private volatile @Nullable Thread thread;
    private volatile @Nullable CuratorFramework curator;
    private volatile boolean closed;

    private final List<Thread> curatorThreads = new CopyOnWriteArrayList<>();

    private Consumer<List<MeshEndpoint>> listener = endpoints -> {};
    private @Nullable ZooKeeper zooKeeper;
    private boolean connected;
    private long awaySince;
    private long round;
    private int outstanding;
    private Map<String, MeshEndpoint> seen = new TreeMap<>();
    private @Nullable List<MeshEndpoint> told;

    ZooKeeperDiscovery(ZooKeeperAddress address, MeshClock clock) {
        this.address = address;
        this.directory = address.directory();
        this.clock = clock;
    }

    @Override
    public synchronized void start(Consumer<List<MeshEndpoint>> told) {
        if (closed || loop != null) {
            throw new IllegalStateException("started or closed before");
        }
        listener = told;
        ScheduledThreadPoolExecutor made = new ScheduledThreadPoolExecutor(1, work -> {
            Thread single = NamedThreads.named("sdk-zookeeper-1", work);
            thread = single;
            return single;
        });
        loop = made;
        NamedThreads threads = new NamedThreads("sdk-curator");
        CuratorFramework client = CuratorFrameworkFactory.builder()
                .connectString(address.connect())
                .ensembleTracker(false)
                .sessionTimeoutMs(Math.toIntExact(SESSION.toMillis()))
                .connectionTimeoutMs(Math.toIntExact(CONNECT.toMillis()))
                .waitForShutdownTimeoutMs(Math.toIntExact(CLOSE_WAIT.toMillis()))
                .threadFactory(work -> {
                    Thread each = threads.newThread(work);
                    curatorThreads.add(each);
                    return each;
                })
                .retryPolicy((count, elapsed, sleeper) -> false)
                .build();
        curator = client;
        client.getConnectionStateListenable().addListener((framework, state) -> run(() -> changed(state)));
        client.start();
    }

    @Override
    public synchronized void close() {
        closed = true;
        CuratorFramework client = curator;
        if (client != null) {
            client.close();
            curator = null;
        }
        ScheduledThreadPoolExecutor running = loop;
        if (running == null || running.isShutdown()) {
            return;
        }
        running.shutdownNow();
        Thread own = thread;
        if (Thread.currentThread() == own) {
            return;
        }
        try {
            // Curator interrupts its threads and does not wait for all of them
            for (Thread each : curatorThreads) {
                each.join(CLOSE_WAIT.toMillis());
            }
            if (own != null) {
                own.join(CLOSE_WAIT.toMillis());
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void changed(ConnectionState state) {
        switch (state) {
            case CONNECTED, RECONNECTED -> back();
            case SUSPENDED, LOST -> away();
            case READ_ONLY -> log.warn("Meta store is read-only, which was not asked for.");
        }
    }

    private void back() {
        CuratorFramework client = curator;
        if (client == null) {
            return;
        }
        try {
            zooKeeper = client.getZookeeperClient().getZooKeeper();
        } catch (Exception goneAgain) {
            log.debug("Connection went before it was used. error={}", goneAgain.toString());
            return;
        }
        if (awaySince != 0 && !connected) {
            log.info("Meta store back. awayForMs={}", (clock.nanoTime() - awaySince) / 1_000_000);
        }
        connected = true;
        begin(zooKeeper);
    }

    private void away() {
        if (connected) {
            connected = false;
            // answers that are still on their way belong to the lost connection
            round++;
            awaySince = clock.nanoTime();
            log.warn("Meta store lost, keeping the last known endpoints. connect={}", address.connect());
        }
    }

    private void begin(ZooKeeper client) {
        long of = ++round;
        outstanding = 1;
        seen = new TreeMap<>();
        // a follower of the ensemble may lag behind the one that was spoken to before
        client.sync(directory, (rc, at, context) -> {}, null);
        client.addWatch(
                directory,
                watcher,
                AddWatchMode.PERSISTENT_RECURSIVE,
                (rc, at, context) -> run(() -> {
                    if (of == round && rc != Code.OK.intValue()) {
                        again(rc);
                    }
                }),
                null);
        client.getChildren(
                directory,
                false,
                (int rc, String at, Object context, List<String> names) -> run(() -> listed(of, rc, names)),
                null);
    }

    private void changed(WatchedEvent event) {
        String path = event.getPath();
        if (path != null && path.startsWith(directory + "/") && path.indexOf('/', directory.length() + 1) < 0) {
            run(() -> read(path.substring(directory.length() + 1)));
        }
    }

    private void listed(long of, int rc, @Nullable List<String> names) {
        if (of != round) {
            return;
        }
        if (rc == Code.OK.intValue() && names != null) {
            names.forEach(this::read);
            answered();
        } else if (rc == Code.NONODE.intValue()) {
            answered();
        } else {
            again(rc);
        }
    }

    private void read(String runtime) {
        ZooKeeper client = zooKeeper;
        if (client == null || !connected) {
            return;
        }
        long of = round;
        outstanding++;
        client.getData(
                directory + "/" + runtime,
                false,
                (rc, at, context, data, stat) -> run(() -> readDone(of, runtime, rc, data)),
                null);
    }

    private void readDone(long of, String runtime, int rc, byte @Nullable [] data) {
        if (of != round) {
            return;
        }
        if (rc != Code.OK.intValue() && rc != Code.NONODE.intValue()) {
            again(rc);
            return;
        }
        seen.remove(runtime);
        if (data != null && rc == Code.OK.intValue()) {
            endpoint(runtime, data).ifPresent(endpoint -> seen.put(runtime, endpoint));
        }
        answered();
    }

    private void answered() {
        if (--outstanding > 0 || closed) {
            return;
        }
        List<MeshEndpoint> now = List.copyOf(seen.values());
        if (!now.equals(told)) {
            told = now;
            listener.accept(now);
        }
    }

    /** A round that failed although the connection may stand begins anew soon; otherwise the connection begins it. */
    private void again(int rc) {
        long of = ++round;
        log.debug("Registrations not read, tried again. code={}", Code.get(rc));
        ScheduledThreadPoolExecutor running = loop;
        if (running != null && !running.isShutdown()) {
            ScheduledFuture<?> unused = running.schedule(
                    () -> run(() -> {
                        ZooKeeper client = zooKeeper;
                        if (of == round && connected && client != null) {
                            begin(client);
                        }
                    }),
                    RETRY.toMillis(),
                    TimeUnit.MILLISECONDS);
        }
    }

    private static Optional<MeshEndpoint> endpoint(String runtime, byte[] data) {
        try {
            RuntimeRegistration registration = RuntimeRegistration.decode(data);
            return registration
                    .endpoint("mesh.grpc")
                    .map(grpc -> new MeshEndpoint(
                            registration.id(),
                            grpc,
                            registration.endpoint("mesh.http").orElse("")));
        } catch (EventMeshException unreadable) {
            log.warn("Registration not understood and left out. runtime={} error={}", runtime, unreadable.reason());
            return Optional.empty();
        }
    }

    private void run(Runnable step) {
        ScheduledThreadPoolExecutor running = loop;
        if (running == null) {
            return;
        }
        try {
            running.execute(() -> {
                try {
                    step.run();
                } catch (RuntimeException | Error failure) {
                    log.error("Discovery step failed.", failure);
                }
            });
        } catch (RejectedExecutionException afterClose) {
            log.debug("Step after close dropped.");
        }
    }
}
