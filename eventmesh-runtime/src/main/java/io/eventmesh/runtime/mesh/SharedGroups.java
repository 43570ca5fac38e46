package io.eventmesh.runtime.mesh;

import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.time.Repeated;
import io.eventmesh.common.time.Scheduler;
import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.spi.storage.DeliveryTerms;
import io.eventmesh.spi.storage.GroupInfo;
import io.eventmesh.spi.storage.Storage;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds out what other runtimes did to the groups of a shared storage: once a second it compares them with how they were.
 * Thread-safe.
 */
final class SharedGroups implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(SharedGroups.class);
    private static final Duration EVERY = Duration.ofSeconds(1);

    private record Seen(DeliveryTerms terms, boolean paused) {}

    private final Storage storage;
    private final Subscribing subscribing;
    private final LiveGroups groups;
    private final WideGroups wide;
    /** Touched by one look after the other. */
    private Map<SubscriptionName, Seen> before = Map.of();

    private final Repeated looks;

    SharedGroups(Storage storage, Subscribing subscribing, LiveGroups groups, WideGroups wide, Scheduler scheduler) {
        this.storage = storage;
        this.subscribing = subscribing;
        this.groups = groups;
        this.wide = wide;
        this.looks = new Repeated(scheduler, EVERY, this::look);
    }

    void start() {
        looks.start();
    }

    private void look() {
        try {
            compare();
            wide.catchUp();
        } catch (EventMeshException unavailable) {
            log.debug("Groups cannot be looked at. error={}", unavailable.reason());
        }
    }

    private void compare() {
        Map<SubscriptionName, Seen> now = new HashMap<>();
        for (GroupInfo group : storage.groups()) {
            if (!Subscribing.isPassing(group.name()) && !DeadLetterStreams.isStanding(group.name())) {
                now.put(group.name(), new Seen(group.terms(), group.paused()));
            }
        }
        Map<SubscriptionName, Seen> past = before;
        before = now;
        now.forEach((name, seen) -> {
            if (!seen.equals(past.get(name))) {
                subscribing.follow(name, seen.terms());
            }
            // what was done here and undone elsewhere since the last look leaves no difference but this
            groups.lookAt(name, seen.terms(), seen.paused());
        });
        past.keySet().stream().filter(name -> !now.containsKey(name)).forEach(subscribing::followEnd);
    }

    @Override
    public void close() {
        looks.close();
    }
}
