package io.eventmesh.meta.zookeeper;

import io.eventmesh.spi.meta.MetaStore;
import io.eventmesh.spi.meta.MetaStore.Versioned;
import java.time.Duration;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.ZooDefs;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One candidate of an election: an ephemeral node below the path, named by session and order of arrival; the earliest
 * leads.
 *
 * <pre>
 * FOLLOWING --own node is the earliest--> LEADING
 * LEADING --session lost, own node gone, or another is the earliest after a reconnect--> FOLLOWING
 * </pre>
 *
 * <p>A connection that is away for less than the session time-out changes nothing. On the session's thread; {@link
 * #close} by any.
 */
final class Candidacy implements MetaStore.Handle, Session.Follower {
    private static final Logger log = LoggerFactory.getLogger(Candidacy.class);
    private static final Duration RETRY = Duration.ofSeconds(1);
    private static final Pattern CANDIDATE = Pattern.compile("c[0-9a-f]+\\.\\d+-\\d{10}");

    private final Session session;
    private final Nodes nodes;
    private final String directory;
    private final long number;
    private final byte[] value;
    private final MetaStore.Leadership leadership;
    private final DirectoryWatch watch;
    private final Set<String> earlier = new LinkedHashSet<>();

    private String prefix = "";
    private boolean creating;
    private boolean leading;
    private boolean closed;

    /** @param number tells this candidate from others of the same session */
    Candidacy(
            Session session,
            Nodes nodes,
            String directory,
            long number,
            byte[] value,
            MetaStore.Leadership leadership) {
        this.session = session;
        this.nodes = nodes;
        this.directory = directory;
        this.number = number;
        this.value = value;
        this.leadership = leadership;
        this.watch = new DirectoryWatch(session, directory, true, this::judge);
    }

    /** The candidate that leads, by name. */
    static Optional<Map.Entry<String, Versioned>> leader(Map<String, Versioned> candidates) {
        return candidates.entrySet().stream()
                .filter(entry -> CANDIDATE.matcher(entry.getKey()).matches())
                .min(Comparator.comparingInt(entry -> arrival(entry.getKey())));
    }

    private static int arrival(String name) {
        return Integer.parseInt(name.substring(name.length() - 10));
    }

    void begin() {
        session.follow(this);
        session.follow(watch);
    }

    @Override
    public void connected() {
        String now = "c%x.%d-".formatted(session.id(), number);
        if (!now.equals(prefix) && !prefix.isEmpty()) {
            earlier.add(prefix);
        }
        prefix = now;
    }

    @Override
    public void lost() {
        creating = false;
        follow();
        if (closed) {
            leave();
        }
    }

    @Override
    public void close() {
        session.run(() -> {
            closed = true;
            leading = false;
            if (session.isConnected()) {
                watch.connected();
            }
        });
    }

    private void judge(Map<String, Versioned> candidates) {
        candidates.keySet().stream().filter(this::isEarlier).forEach(this::delete);
        Optional<String> own = candidates.keySet().stream()
                .filter(name -> name.startsWith(prefix))
                .min(Comparator.comparingInt(Candidacy::arrival));
        if (closed) {
            candidates.keySet().stream().filter(name -> name.startsWith(prefix)).forEach(this::delete);
            if (own.isEmpty() && !creating) {
                leave();
            }
        } else if (own.isEmpty()) {
            follow();
            create();
        } else if (leader(candidates).map(Map.Entry::getKey).equals(own)) {
            lead();
        } else {
            follow();
        }
    }

    /** A node of a session of this process that is over, which the server has not noticed yet. */
    private boolean isEarlier(String name) {
        return earlier.stream().anyMatch(name::startsWith);
    }

    private void create() {
        if (creating || !session.isConnected()) {
            return;
        }
        creating = true;
        String of = prefix;
        session.zooKeeper()
                .create(
                        directory + "/" + prefix,
                        value,
                        ZooDefs.Ids.OPEN_ACL_UNSAFE,
                        CreateMode.EPHEMERAL_SEQUENTIAL,
                        (rc, at, context, name) -> session.run(() -> {
                            if (of.equals(prefix)) {
                                created(rc);
                            }
                        }),
                        null);
    }

    private void created(int rc) {
        creating = false;
        switch (Code.get(rc)) {
            case OK -> {
                if (closed) {
                    watch.connected();
                }
            }
            case NONODE ->
                nodes.makeParents(directory + "/" + prefix, made -> {
                    if (made == Code.OK.intValue() && !closed) {
                        create();
                    } else {
                        later();
                    }
                });
            default -> later();
        }
    }

    /** Whether the node was made after all shows in the next listing. */
    private void later() {
        session.later(RETRY, () -> {
            if (session.isConnected()) {
                watch.connected();
            }
        });
    }

    private void delete(String name) {
        session.zooKeeper().delete(directory + "/" + name, -1, (rc, at, context) -> {}, null);
    }

    private void leave() {
        watch.close();
        session.unfollow(this);
    }

    private void lead() {
        if (!leading) {
            leading = true;
            log.info("Leadership gained. path={}", directory);
            leadership.gained();
        }
    }

    private void follow() {
        if (leading) {
            leading = false;
            log.info("Leadership lost. path={}", directory);
            leadership.lost();
        }
    }
}
