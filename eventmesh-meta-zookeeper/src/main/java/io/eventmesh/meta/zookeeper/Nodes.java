package io.eventmesh.meta.zookeeper;

import io.eventmesh.spi.meta.MetaStore;
import io.eventmesh.spi.meta.MetaStore.Versioned;
import java.util.List;
import java.util.Optional;
import java.util.function.IntConsumer;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.data.Stat;
import org.jspecify.annotations.Nullable;

/**
 * Reads and conditional writes of single nodes. On the session's thread.
 *
 * <p>A value's version is the transaction that wrote it ({@code mzxid}), which grows over deletions too, unlike
 * ZooKeeper's own data version, which begins at 0 again. A node without data (null, not empty) is a directory and holds
 * no value.
 */
final class Nodes {
    private final Session session;

    Nodes(Session session) {
        this.session = session;
    }

    /** What {@link #read} found; both null when there is no node, data null when it is a directory. */
    private interface Found {
        void accept(byte @Nullable [] data, @Nullable Stat stat);
    }

    void get(Call<Optional<Versioned>> call, String path) {
        // a follower of the ensemble may lag behind; on one connection the two requests keep their order
        session.zooKeeper().sync(path, (rc, at, context) -> {}, null);
        read(
                call,
                path,
                (data, stat) -> call.succeed(
                        data == null || stat == null
                                ? Optional.empty()
                                : Optional.of(new Versioned(data, stat.getMzxid()))));
    }

    void put(Call<Long> call, String path, byte[] value, long expected) {
        if (expected == MetaStore.ANY) {
            set(call, path, value, -1, rc -> {
                if (rc == Code.NONODE) {
                    create(call, path, value, expected);
                } else {
                    call.fail(rc.intValue());
                }
            });
        } else if (expected == MetaStore.ABSENT) {
            create(call, path, value, expected);
        } else {
            read(call, path, (data, stat) -> {
                if (data == null || stat == null || stat.getMzxid() != expected) {
                    call.conflict(expected);
                } else {
                    setUnlessChanged(call, path, value, stat, expected);
                }
            });
        }
    }

    void delete(Call<@Nullable Void> call, String path, long expected) {
        read(call, path, (data, stat) -> {
            if (data == null || stat == null) {
                if (expected >= 0) {
                    call.conflict(expected);
                } else {
                    call.succeed(null);
                }
            } else if (expected != MetaStore.ANY && stat.getMzxid() != expected) {
                call.conflict(expected);
            } else {
                remove(call, path, stat, expected);
            }
        });
    }

    /** Makes the directories above a path, then goes on with the last result. */
    void makeParents(String path, IntConsumer then) {
        List<String> parents = Paths.above(path);
        for (int i = 0; i < parents.size(); i++) {
            boolean last = i == parents.size() - 1;
            session.zooKeeper()
                    .create(
                            parents.get(i),
                            null,
                            ZooDefs.Ids.OPEN_ACL_UNSAFE,
                            CreateMode.PERSISTENT,
                            (rc, at, context, made) -> {
                                if (last) {
                                    session.run(() ->
                                            then.accept(rc == Code.NODEEXISTS.intValue() ? Code.OK.intValue() : rc));
                                }
                            },
                            null);
        }
    }

    private void read(Call<?> call, String path, Found found) {
        session.zooKeeper()
                .getData(
                        path,
                        false,
                        (rc, at, context, data, stat) -> session.run(() -> {
                            switch (Code.get(rc)) {
                                case OK -> found.accept(data, stat);
                                case NONODE -> found.accept(null, null);
                                default -> call.fail(rc);
                            }
                        }),
                        null);
    }

    private interface Unexpected {
        void accept(Code code);
    }

    private void set(Call<Long> call, String path, byte[] value, int dataVersion, Unexpected otherwise) {
        session.zooKeeper()
                .setData(
                        path,
                        value,
                        dataVersion,
                        (rc, at, context, stat) -> session.run(() -> {
                            if (rc == Code.OK.intValue()) {
                                call.succeed(stat.getMzxid());
                            } else {
                                otherwise.accept(Code.get(rc));
                            }
                        }),
                        null);
    }

    private void setUnlessChanged(Call<Long> call, String path, byte[] value, Stat stat, long expected) {
        set(call, path, value, stat.getVersion(), rc -> {
            if (rc == Code.BADVERSION || rc == Code.NONODE) {
                call.conflict(expected);
            } else {
                call.fail(rc.intValue());
            }
        });
    }

    private void create(Call<Long> call, String path, byte[] value, long expected) {
        session.zooKeeper()
                .create(
                        path,
                        value,
                        ZooDefs.Ids.OPEN_ACL_UNSAFE,
                        CreateMode.PERSISTENT,
                        (rc, at, context, name, stat) -> session.run(() -> {
                            switch (Code.get(rc)) {
                                case OK -> call.succeed(stat.getMzxid());
                                case NONODE ->
                                    makeParents(path, made -> againUnless(made, call, path, value, expected));
                                case NODEEXISTS -> exists(call, path, value, expected);
                                default -> call.fail(rc);
                            }
                        }),
                        null);
    }

    private void againUnless(int made, Call<Long> call, String path, byte[] value, long expected) {
        if (made != Code.OK.intValue()) {
            call.fail(made);
        } else if (!call.isDone()) {
            create(call, path, value, expected);
        }
    }

    private void exists(Call<Long> call, String path, byte[] value, long expected) {
        if (expected == MetaStore.ANY) {
            if (!call.isDone()) {
                put(call, path, value, expected);
            }
            return;
        }
        read(call, path, (data, stat) -> {
            if (stat != null && data == null) {
                setUnlessChanged(call, path, value, stat, expected);
            } else {
                call.conflict(expected);
            }
        });
    }

    private void remove(Call<@Nullable Void> call, String path, Stat stat, long expected) {
        int dataVersion = expected == MetaStore.ANY ? -1 : stat.getVersion();
        session.zooKeeper()
                .delete(
                        path,
                        dataVersion,
                        (rc, at, context) -> session.run(() -> {
                            switch (Code.get(rc)) {
                                case OK -> call.succeed(null);
                                case NONODE -> goneUnless(expected, call);
                                case BADVERSION -> call.conflict(expected);
                                case NOTEMPTY -> empty(call, path, dataVersion, expected);
                                default -> call.fail(rc);
                            }
                        }),
                        null);
    }

    private static void goneUnless(long expected, Call<@Nullable Void> call) {
        if (expected == MetaStore.ANY) {
            call.succeed(null);
        } else {
            call.conflict(expected);
        }
    }

    /** A value with others below it becomes a mere directory. */
    private void empty(Call<@Nullable Void> call, String path, int dataVersion, long expected) {
        session.zooKeeper()
                .setData(
                        path,
                        null,
                        dataVersion,
                        (rc, at, context, stat) -> session.run(() -> {
                            switch (Code.get(rc)) {
                                case OK -> call.succeed(null);
                                case NONODE -> goneUnless(expected, call);
                                case BADVERSION -> call.conflict(expected);
                                default -> call.fail(rc);
                            }
                        }),
                        null);
    }
}
