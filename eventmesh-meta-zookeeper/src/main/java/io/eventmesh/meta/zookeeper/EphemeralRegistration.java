package io.eventmesh.meta.zookeeper;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.spi.meta.MetaStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.data.Stat;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A node that lives as long as the session, made again by each new one.
 *
 * <p>Whatever happens (first call, new value, connection back, close) runs the same convergence: look at the node, then
 * make it what it should be. A node of another session is a left-over of an earlier life and is replaced. On the
 * session's thread; {@link #update} and {@link #close} by any.
 */
final class EphemeralRegistration implements MetaStore.Registration, Session.Follower {
    private static final Logger log = LoggerFactory.getLogger(EphemeralRegistration.class);
    private static final Duration RETRY = Duration.ofSeconds(1);

    private final Session session;
    private final Nodes nodes;
    private final String path;
    private final String node;
    private final List<Call<?>> calls = new ArrayList<>();

    private byte[] value;
    private boolean busy;
    private boolean again;
    private boolean closed;

    EphemeralRegistration(Session session, Nodes nodes, String path, String node, byte[] value) {
        this.session = session;
        this.nodes = nodes;
        this.path = path;
        this.node = node;
        this.value = value;
    }

    /** Begins to exist. Completes when visible; a call that fails leaves nothing behind. Any thread. */
    CompletionStage<MetaStore.Registration> begin() {
        session.run(() -> session.follow(this));
        return session.<@Nullable Void>call("register " + path, this::await)
                .<MetaStore.Registration>thenApply(visible -> this)
                .whenComplete((registration, failure) -> {
                    if (failure != null) {
                        close();
                    }
                });
    }

    @Override
    public CompletionStage<@Nullable Void> update(byte[] newValue) {
        byte[] copy = ZooKeeperMetaStore.checkedCopy(newValue);
        session.run(() -> value = copy);
        return session.call("update " + path, this::await);
    }

    @Override
    public void close() {
        session.run(() -> {
            closed = true;
            converge();
            if (!session.isConnected()) {
                log.debug("Registration is withdrawn when the connection is back. path={}", path);
            }
        });
    }

    @Override
    public void connected() {
        // a convergence of the lost connection has failed or will; it must not keep the new one from beginning
        converge();
    }

    @Override
    public void lost() {
        if (closed) {
            session.unfollow(this);
        }
    }

    private void await(Call<@Nullable Void> call) {
        if (closed) {
            call.fail(new EventMeshException(
                    ErrorCode.REQUEST_INVALID, "registration %s: closed (expected: open)".formatted(path)));
            return;
        }
        calls.removeIf(Call::isDone);
        calls.add(call);
        converge();
    }

    private void converge() {
        if (busy) {
            again = true;
        } else if (session.isConnected()) {
            busy = true;
            again = false;
            look();
        }
    }

    private void look() {
        byte[] wanted = value;
        session.zooKeeper()
                .getData(
                        node,
                        false,
                        (rc, at, context, data, stat) -> session.run(() -> {
                            switch (Code.get(rc)) {
                                case OK -> found(data, stat, wanted);
                                case NONODE -> missing(wanted);
                                default -> failed(rc);
                            }
                        }),
                        null);
    }

    private void missing(byte[] wanted) {
        if (closed) {
            settled(wanted);
            return;
        }
        session.zooKeeper()
                .create(
                        node,
                        wanted,
                        ZooDefs.Ids.OPEN_ACL_UNSAFE,
                        CreateMode.EPHEMERAL,
                        (rc, at, context, name) -> session.run(() -> {
                            switch (Code.get(rc)) {
                                case OK -> settled(wanted);
                                case NODEEXISTS -> look();
                                case NONODE -> nodes.makeParents(node, this::lookOrFail);
                                default -> failed(rc);
                            }
                        }),
                        null);
    }

    private void found(byte @Nullable [] data, Stat stat, byte[] wanted) {
        boolean own = stat.getEphemeralOwner() == session.id();
        if (closed) {
            if (own) {
                delete(stat);
            } else {
                settled(wanted);
            }
        } else if (own && Arrays.equals(data, wanted)) {
            settled(wanted);
        } else if (own) {
            replace(stat, wanted);
        } else if (stat.getEphemeralOwner() == 0) {
            refuse();
        } else {
            log.info("Registration of an earlier process replaced. path={}", path);
            delete(stat);
        }
    }

    private void replace(Stat stat, byte[] wanted) {
        session.zooKeeper()
                .setData(
                        node,
                        wanted,
                        stat.getVersion(),
                        (rc, at, context, now) -> session.run(() -> {
                            if (rc == Code.OK.intValue()) {
                                settled(wanted);
                            } else {
                                lookOrFail(rc);
                            }
                        }),
                        null);
    }

    private void delete(Stat stat) {
        session.zooKeeper()
                .delete(node, stat.getVersion(), (rc, at, context) -> session.run(() -> lookOrFail(rc)), null);
    }

    /** Somebody was faster, or a step is done: what is there now decides. */
    private void lookOrFail(int rc) {
        switch (Code.get(rc)) {
            case OK, NONODE, BADVERSION, NODEEXISTS -> look();
            default -> failed(rc);
        }
    }

    private void settled(byte[] wanted) {
        busy = false;
        if (again || wanted != value) {
            converge();
            return;
        }
        List<Call<?>> done = List.copyOf(calls);
        calls.clear();
        done.forEach(call -> {
            if (closed) {
                call.fail(Session.closed());
            } else {
                call.succeed(null);
            }
        });
        if (closed) {
            session.unfollow(this);
        }
    }

    private void refuse() {
        busy = false;
        closed = true;
        session.unfollow(this);
        List<Call<?>> refused = List.copyOf(calls);
        calls.clear();
        refused.forEach(call -> call.fail(new EventMeshException(
                ErrorCode.ALREADY_EXISTS,
                "registration %s: a lasting value is there (expected: nothing or a registration)".formatted(path))));
    }

    /** The connection's return begins again; should it stand after all, a moment does. */
    private void failed(int rc) {
        busy = false;
        log.debug("Registration is tried again. path={} code={}", path, Code.get(rc));
        if (again && session.isConnected()) {
            converge();
        } else {
            session.later(RETRY, this::converge);
        }
    }
}
