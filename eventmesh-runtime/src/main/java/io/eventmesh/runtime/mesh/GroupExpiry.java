package io.eventmesh.runtime.mesh;

import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.common.time.Repeated;
import io.eventmesh.common.time.Scheduler;
import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.runtime.delivery.DeadLetter;
import io.eventmesh.spi.storage.GroupInfo;
import io.eventmesh.spi.storage.Storage;
import java.time.Duration;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Deletes groups whose last member has been away for long, counted from when this process saw it leave, or from its own
 * start; on a shared storage only when all other runtimes that are alive say the same. A group with a destination never expires, nor does one that is paused or stands for dead letters. Thread-safe.
 */
final class GroupExpiry implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(GroupExpiry.class);
    private static final Duration LONGEST_LOOK = Duration.ofMinutes(1);

    private final Storage storage;
    private final Subscriptions subscriptions;
    private final Predicate<SubscriptionName> isWanted;
    private final Elsewhere elsewhere;
    private final Duration expireAfter;
    private final MeshClock clock;
    private final Map<SubscriptionName, Long> awaySinceNanos = new ConcurrentHashMap<>();
    private final Repeated looks;
    private volatile boolean closed;

    /** For how long groups have been without members at all other runtimes. */
    interface Elsewhere {
        CompletionStage<Map<SubscriptionName, Duration>> away(Set<SubscriptionName> groups);
    }

    /** @param isWanted whether a group has members now, or gets one this moment */
    GroupExpiry(
            Storage storage,
            Subscriptions subscriptions,
            Predicate<SubscriptionName> isWanted,
            Elsewhere elsewhere,
            Duration expireAfter,
            MeshClock clock,
            Scheduler scheduler) {
        this.storage = storage;
        this.subscriptions = subscriptions;
        this.isWanted = isWanted;
        this.elsewhere = elsewhere;
        this.expireAfter = expireAfter;
        this.clock = clock;
        Duration tenth = expireAfter.dividedBy(10);
        this.looks = new Repeated(scheduler, tenth.compareTo(LONGEST_LOOK) < 0 ? tenth : LONGEST_LOOK, this::look);
    }

    void start() {
        if (!expireAfter.isZero()) {
            looks.start();
        }
    }

    /** A member attached. */
    void came(SubscriptionName name) {
        awaySinceNanos.remove(name);
    }

    /** For how long the group has had no members here; zero for one that has, or was not looked at yet. */
    Duration away(SubscriptionName name) {
        Long since = isWanted.test(name) ? null : awaySinceNanos.get(name);
        return since == null ? Duration.ZERO : Duration.ofNanos(Math.max(0, clock.nanoTime() - since));
    }

    private void look() {
        try {
            Set<SubscriptionName> gone = new HashSet<>(awaySinceNanos.keySet());
            for (GroupInfo group : storage.groups()) {
                gone.remove(group.name());
                look(group);
            }
            gone.forEach(awaySinceNanos::remove);
        } catch (EventMeshException unavailable) {
            log.debug("Groups cannot be looked at. error={}", unavailable.reason());
        }
    }

    private void look(GroupInfo group) {
        SubscriptionName name = group.name();
        if (group.terms().destination() != null
                || group.paused()
                || DeadLetterStreams.isStanding(name)
                || isHeldForTarget(group)
                || isWanted.test(name)) {
            awaySinceNanos.remove(name);
            return;
        }
        Long since = awaySinceNanos.putIfAbsent(name, clock.nanoTime());
        if (since == null || !isOver(since)) {
            return;
        }
        elsewhere.away(Set.of(name)).whenComplete((away, failure) -> {
            if (failure != null) {
                log.debug(
                        "Not every runtime says whether a group has members. group={} error={}",
                        name,
                        EventMeshException.of(failure).reason());
            } else if (away.getOrDefault(name, expireAfter).compareTo(expireAfter) >= 0) {
                delete(group);
            }
        });
    }

    /** What waits for a target that is stopped waits for as long as that is. */
    private static boolean isHeldForTarget(GroupInfo group) {
        return group.name().group().startsWith(DeadLetter.TARGETS) && group.lagEvents() + group.parked() > 0;
    }

    private void delete(GroupInfo group) {
        SubscriptionName name = group.name();
        if (!closed) {
            // in its turn it is asked once more, since a member may be on its way
            subscriptions.delete(name, () -> isAway(name)).whenComplete((deleted, failure) -> {
                if (failure != null) {
                    log.warn(
                            "Expired group cannot be deleted. group={} error={}",
                            name,
                            EventMeshException.of(failure).reason());
                } else if (deleted) {
                    awaySinceNanos.remove(name);
                    log.info(
                            "Group deleted, its last member has been away for too long. group={} awaySeconds={} events={} parked={}",
                            name,
                            expireAfter.toSeconds(),
                            group.lagEvents(),
                            group.parked());
                }
            });
        }
    }

    private boolean isAway(SubscriptionName name) {
        Long since = awaySinceNanos.get(name);
        return since != null && isOver(since) && !isWanted.test(name);
    }

    private boolean isOver(long sinceNanos) {
        return clock.nanoTime() - sinceNanos >= expireAfter.toNanos();
    }

    @Override
    public void close() {
        closed = true;
        looks.close();
    }
}
