package io.eventmesh.meta.zookeeper;

import io.eventmesh.spi.meta.MetaStore.Versioned;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.apache.zookeeper.AddWatchMode;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.WatchedEvent;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.data.Stat;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Follows the values directly below a directory.
 *
 * <p>A round begins with each connection: set the watch, list, read each child. From then on each event reads the child
 * it names. ZooKeeper delivers an event before any answer that is newer than it; so whenever no read is outstanding, what
 * was read is the directory as it was at one moment, and that is when it is told. On the session's thread.
 */
final class DirectoryWatch implements Session.Follower, Watcher {
    private static final Logger log = LoggerFactory.getLogger(DirectoryWatch.class);
    private static final Duration RETRY = Duration.ofSeconds(1);

    private final Session session;
    private final String directory;
    private final boolean eachRound;
    private final Consumer<Map<String, Versioned>> listener;

    private volatile boolean closed;
    private long round;
    private boolean roundTold;
    private int outstanding;
    private Map<String, Versioned> seen = new TreeMap<>();
    private @Nullable Map<String, Versioned> told;

    /** @param eachRound whether to tell once after each connection even when nothing changed */
    DirectoryWatch(Session session, String directory, boolean eachRound, Consumer<Map<String, Versioned>> listener) {
        this.session = session;
        this.directory = directory;
        this.eachRound = eachRound;
        this.listener = listener;
    }

    @Override
    public void connected() {
        if (closed) {
            return;
        }
        long mine = ++round;
        roundTold = false;
        outstanding = 1;
        seen = new TreeMap<>();
        session.zooKeeper().sync(directory, (rc, at, context) -> {}, null);
        session.zooKeeper()
                .addWatch(
                        directory,
                        this,
                        AddWatchMode.PERSISTENT_RECURSIVE,
                        (rc, at, context) -> session.run(() -> watching(mine, rc)),
                        null);
        session.zooKeeper()
                .getChildren(
                        directory,
                        false,
                        (int rc, String at, Object context, List<String> names) ->
                                session.run(() -> listed(mine, rc, names)),
                        null);
    }

    /** Answers that are still on their way belong to the lost connection: the next one begins a round of its own. */
    @Override
    public void away() {
        round++;
    }

    @Override
    public void lost() {
        round++;
    }

    /** Stops telling, at once. Any thread. */
    void close() {
        if (!closed) {
            closed = true;
            session.run(this::forget);
        }
    }

    private void forget() {
        session.unfollow(this);
        if (session.isConnected()) {
            session.zooKeeper().removeWatches(directory, this, WatcherType.Any, true, (rc, at, context) -> {}, null);
        }
    }

    @Override
    public void process(WatchedEvent event) {
        String path = event.getPath();
        if (path == null || !path.startsWith(directory + "/") || path.indexOf('/', directory.length() + 1) >= 0) {
            return;
        }
        session.run(() -> {
            if (!closed && session.isConnected()) {
                read(path.substring(directory.length() + 1));
            }
        });
    }

    private void watching(long of, int rc) {
        if (of == round && rc != Code.OK.intValue()) {
            again(rc);
        }
    }

    private void listed(long of, int rc, @Nullable List<String> names) {
        if (of != round || closed) {
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

    private void read(String name) {
        long of = round;
        outstanding++;
        session.zooKeeper()
                .getData(
                        directory + "/" + name,
                        false,
                        (rc, at, context, data, stat) -> session.run(() -> readDone(of, name, rc, data, stat)),
                        null);
    }

    private void readDone(long of, String name, int rc, byte @Nullable [] data, @Nullable Stat stat) {
        if (of != round || closed) {
            return;
        }
        if (rc == Code.OK.intValue() && data != null && stat != null) {
            seen.put(name, new Versioned(data, stat.getMzxid()));
        } else if (rc == Code.OK.intValue() || rc == Code.NONODE.intValue()) {
            seen.remove(name);
        } else {
            again(rc);
            return;
        }
        answered();
    }

    private void answered() {
        if (--outstanding > 0) {
            return;
        }
        boolean due = told == null || (eachRound && !roundTold) || !same(told, seen);
        roundTold = true;
        if (due && !closed) {
            told = Collections.unmodifiableMap(new TreeMap<>(seen));
            listener.accept(told);
        }
    }

    /** A round that failed although the connection may stand begins anew soon; otherwise the connection begins it. */
    private void again(int rc) {
        long of = ++round;
        log.debug("Watch failed and is set again. directory={} code={}", directory, Code.get(rc));
        session.later(RETRY, () -> {
            if (of == round && session.isConnected()) {
                connected();
            }
        });
    }

    /** A version names a value, so that the bytes need no comparison. */
    private static boolean same(Map<String, Versioned> one, Map<String, Versioned> other) {
        return one.size() == other.size()
                && one.entrySet().stream().allMatch(entry -> {
                    Versioned there = other.get(entry.getKey());
                    return there != null && there.version() == entry.getValue().version();
                });
    }
}
