package io.eventmesh.meta.zookeeper;

import static java.util.concurrent.TimeUnit.MILLISECONDS;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.thread.NamedThreads;
import io.eventmesh.common.time.MeshClock;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.function.Consumer;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.framework.state.ConnectionState;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.client.ZKClientConfig;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The session with ZooKeeper, and the one thread on which all state of the store lives and all callbacks are made.
 *
 * <p>Curator keeps a session up and says how it is; requests go to ZooKeeper's own asynchronous calls, so that each is
 * made once and answered once, without Curator's retries. ZooKeeper delivers answers and watch events in one order, and
 * {@link #run} keeps it.
 *
 * <pre>
 * CLOSED --start--> CONNECTED --connection lost--> AWAY --back, same session--> CONNECTED
 *                                                  AWAY --away for the session time-out, or session ended--> LOST
 *                                                  LOST --a new session--> CONNECTED
 * </pre>
 *
 * <p>Methods named so may be called by any thread; the others on the session's thread only.
 */
final class Session {
    /** What must be rebuilt when the connection comes back. Called on the session's thread. */
    interface Follower {
        /** The connection stands; after a lost session also after {@link #lost}. */
        void connected();

        /** The connection is lost; what is known stands for now. */
        default void away() {}

        /** The session is over: what lived by it is gone, or will be within the session time-out. */
        default void lost() {}
    }

    private static final Logger log = LoggerFactory.getLogger(Session.class);
    private static final int MAX_CALLS = 4096;
    private static final Duration CLOSE_WAIT = Duration.ofSeconds(5);

    private final ZooKeeperConfig config;
    private final ConnectString connect;
    private final MeshClock clock;
    private final Runnable onAway;
    private final ScheduledThreadPoolExecutor loop;
    private final CuratorFramework curator;
    private final CountDownLatch first = new CountDownLatch(1);
    private final Set<Follower> followers = new LinkedHashSet<>();
    private final Queue<Call<?>> waiting = new ArrayDeque<>();
    private final Set<Call<?>> open = ConcurrentHashMap.newKeySet();
    private final List<Thread> curatorThreads = new CopyOnWriteArrayList<>();

    private volatile boolean connected;
    private volatile @Nullable Thread thread;
    private @Nullable ZooKeeper zooKeeper;
    private long id;
    private long awaySince;

    /** @param onAway told, on the session's thread, each time the connection is lost */
    Session(ZooKeeperConfig config, ConnectString connect, MeshClock clock, Runnable onAway) {
        this.config = config;
        this.connect = connect;
        this.clock = clock;
        this.onAway = onAway;
        this.loop = new ScheduledThreadPoolExecutor(1, work -> {
            Thread made = NamedThreads.named("meta-zookeeper-1", work);
            thread = made;
            return made;
        });
        loop.setRemoveOnCancelPolicy(true);
        NamedThreads threads = new NamedThreads("meta-curator");
        ZKClientConfig client = new ZKClientConfig();
        // bounds the farewell of close() when the server is stopped rather than gone
        client.setProperty(
                ZKClientConfig.ZOOKEEPER_REQUEST_TIMEOUT,
                Long.toString(config.operationTimeout().toMillis()));
        this.curator = CuratorFrameworkFactory.builder()
                .ensembleProvider(connect)
                .ensembleTracker(false)
                .sessionTimeoutMs(Math.toIntExact(config.sessionTimeout().toMillis()))
                .connectionTimeoutMs(Math.toIntExact(config.connectTimeout().toMillis()))
                .waitForShutdownTimeoutMs(Math.toIntExact(CLOSE_WAIT.toMillis()))
                .threadFactory(work -> {
                    Thread made = threads.newThread(work);
                    curatorThreads.add(made);
                    return made;
                })
                .retryPolicy((count, elapsed, sleeper) -> false)
                .zkClientConfig(client)
                .build();
    }

    /** Connects, waiting at most the configured time. Any thread, once. */
    void start() {
        curator.getConnectionStateListenable().addListener((client, state) -> run(() -> changed(state)));
        curator.start();
        boolean inTime;
        try {
            inTime = first.await(config.connectTimeout().toMillis(), MILLISECONDS);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            inTime = false;
        }
        if (!inTime) {
            throw new EventMeshException(
                    ErrorCode.META_UNAVAILABLE,
                    "meta store %s: no answer within %s ms (expected: a ZooKeeper there; see meta.connect)"
                            .formatted(
                                    connect.getConnectionString(),
                                    config.connectTimeout().toMillis()));
        }
    }

    /** Ends the session; its registrations vanish at once. Any thread. */
    void close() {
        CountDownLatch ended = new CountDownLatch(1);
        run(() -> {
            connected = false;
            failOpenCalls();
            List.copyOf(followers).forEach(Follower::lost);
            followers.clear();
            ended.countDown();
        });
        Thread own = thread;
        boolean within = Thread.currentThread() == own;
        try {
            if (!within && !ended.await(CLOSE_WAIT.toMillis(), MILLISECONDS)) {
                log.warn("Meta store closes while a callback blocks its thread.");
            }
            curator.close();
            // Curator interrupts its threads and does not wait for all of them
            for (Thread each : curatorThreads) {
                each.join(CLOSE_WAIT.toMillis());
            }
            loop.shutdownNow();
            if (own != null && !within) {
                own.join(CLOSE_WAIT.toMillis());
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            curator.close();
            loop.shutdownNow();
        }
        failOpenCalls();
    }

    private void failOpenCalls() {
        for (Call<?> call : List.copyOf(open)) {
            call.answer().completeExceptionally(closed());
        }
        open.clear();
    }

    static EventMeshException closed() {
        return new EventMeshException(
                ErrorCode.META_UNAVAILABLE, "meta store: not running (expected: started and not closed)");
    }

    /** Any thread. */
    boolean isConnected() {
        return connected;
    }

    /** Runs a step on the session's thread, later. After close nothing happens. Any thread. */
    void run(Runnable step) {
        try {
            loop.execute(() -> guarded(step));
        } catch (RejectedExecutionException closed) {
            log.debug("Step after close dropped.");
        }
    }

    /** Runs a step after a while; after close never. */
    void later(Duration delay, Runnable step) {
        try {
            ScheduledFuture<?> unused = schedule(delay, step);
        } catch (RejectedExecutionException closed) {
            log.debug("Later step after close dropped.");
        }
    }

    ScheduledFuture<?> schedule(Duration delay, Runnable step) {
        return loop.schedule(() -> guarded(step), delay.toMillis(), MILLISECONDS);
    }

    /** Sends a request and answers its stage; while the connection is away it waits within its time. Any thread. */
    <T extends @Nullable Object> CompletableFuture<T> call(String what, Consumer<Call<T>> request) {
        Call<T> call = new Call<>(this, what, request);
        if (open.size() >= MAX_CALLS) {
            call.answer()
                    .completeExceptionally(new EventMeshException(
                            ErrorCode.OVERLOADED,
                            "meta store calls in flight: %s (expected: fewer)".formatted(MAX_CALLS)));
            return call.answer();
        }
        open.add(call);
        try {
            loop.execute(() -> begin(call));
        } catch (RejectedExecutionException afterClose) {
            open.remove(call);
            call.answer().completeExceptionally(closed());
        }
        return call.answer();
    }

    private void begin(Call<?> call) {
        call.expireIn(config.operationTimeout());
        if (connected) {
            call.send();
        } else {
            waiting.add(call);
        }
    }

    void ended(Call<?> call) {
        open.remove(call);
        waiting.remove(call);
    }

    /** Begins to follow; a follower that comes while the connection stands is told so at once. */
    void follow(Follower follower) {
        followers.add(follower);
        if (connected) {
            follower.connected();
        }
    }

    void unfollow(Follower follower) {
        followers.remove(follower);
    }

    /** The handle of the newest session. */
    ZooKeeper zooKeeper() {
        if (zooKeeper == null) {
            throw new IllegalStateException("not connected yet");
        }
        return zooKeeper;
    }

    /** The newest session's id, by which a registration is known as one's own. */
    long id() {
        return id;
    }

    /** Goes on at another address, for the case that the embedded server moved. Any thread. */
    void retarget(String address) {
        run(() -> {
            try {
                if (zooKeeper != null) {
                    zooKeeper.updateServerList(address);
                }
            } catch (IOException unusable) {
                log.warn("Meta store's new address refused. connect={} error={}", address, unusable.getMessage());
            }
        });
    }

    private void changed(ConnectionState state) {
        switch (state) {
            case CONNECTED, RECONNECTED -> back();
            case SUSPENDED -> away();
            case LOST -> {
                away();
                lose();
            }
            case READ_ONLY -> log.warn("Meta store is read-only, which was not asked for.");
        }
    }

    private void back() {
        ZooKeeper handle;
        try {
            handle = curator.getZookeeperClient().getZooKeeper();
        } catch (Exception goneAgain) {
            log.debug("Connection went before it was used. error={}", goneAgain.toString());
            return;
        }
        long session = handle.getSessionId();
        if (id != 0 && session != id) {
            lose();
        }
        if (id != 0 && !connected) {
            log.info("Meta store back. store=zookeeper awayForMs={}", (clock.nanoTime() - awaySince) / 1_000_000);
        }
        zooKeeper = handle;
        id = session;
        connected = true;
        first.countDown();
        for (Follower follower : List.copyOf(followers)) {
            guarded(follower::connected);
        }
        List<Call<?>> ready = new ArrayList<>(waiting);
        waiting.clear();
        ready.forEach(Call::send);
    }

    private void away() {
        if (!connected) {
            return;
        }
        connected = false;
        awaySince = clock.nanoTime();
        log.warn(
                "Meta store lost, serving last known state. store=zookeeper connect={}", connect.getConnectionString());
        for (Follower follower : List.copyOf(followers)) {
            guarded(follower::away);
        }
        onAway.run();
    }

    /** Idempotent for the followers: a session is told lost by Curator and seen lost by its changed id. */
    private void lose() {
        for (Follower follower : List.copyOf(followers)) {
            guarded(follower::lost);
        }
    }

    private static void guarded(Runnable step) {
        try {
            step.run();
        } catch (RuntimeException | Error failure) {
            log.error("Meta store step failed.", failure);
        }
    }

    /** What ZooKeeper's answer means to a caller that did not expect it. */
    static EventMeshException refusal(String what, int rc) {
        return new EventMeshException(
                ErrorCode.META_UNAVAILABLE, "meta store: %s failed, ZooKeeper says %s".formatted(what, Code.get(rc)));
    }
}
