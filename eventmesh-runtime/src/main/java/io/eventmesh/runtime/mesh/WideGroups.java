package io.eventmesh.runtime.mesh;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.StreamName;
import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.spi.storage.Capability;
import io.eventmesh.spi.storage.GroupInfo;
import io.eventmesh.spi.storage.Start;
import io.eventmesh.spi.storage.Storage;
import io.eventmesh.spi.storage.StreamInfo;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The groups whose pattern meets streams that nobody can name beforehand, such as {@code *}/{@code created}: each gets
 * a new stream before the stream's first event.
 *
 * <p>Why no event is missed: a group is noted here before the streams that exist are listed for it, and a stream exists
 * before the groups that want it are looked up here. So either the group finds the stream, or the stream finds the group,
 * waits until it is made (its turn), and joins it. Thread-safe.
 */
final class WideGroups {
    private static final Logger log = LoggerFactory.getLogger(WideGroups.class);
    /** Another runtime may change a group's terms between reading and adding. */
    private static final int TRIES = 3;

    private final Storage storage;
    private final StreamMap map;
    private final Turns<SubscriptionName> turns;
    private final Set<SubscriptionName> names = ConcurrentHashMap.newKeySet();
    /** What was there when groups caught up last. */
    private volatile Set<StreamName> caughtUpStreams = Set.of();

    private volatile Set<SubscriptionName> caughtUpGroups = Set.of();

    WideGroups(Storage storage, StreamMap map, Turns<SubscriptionName> turns) {
        this.storage = storage;
        this.map = map;
        this.turns = turns;
    }

    /** Notes the groups that the storage has kept. */
    void load() {
        for (GroupInfo group : storage.groups()) {
            if (StreamMap.isWide(group.name().pattern()) && !Subscribing.isPassing(group.name())) {
                names.add(group.name());
            }
        }
    }

    /** Notes a group that is about to be made, in its turn; answers which streams there are for it. */
    Set<StreamName> enter(SubscriptionName group) {
        names.add(group);
        return storage.streams().stream()
                .map(StreamInfo::name)
                .filter(stream -> isWanted(stream, group))
                .collect(Collectors.toUnmodifiableSet());
    }

    /** Forgets a group that is no more. */
    void forget(SubscriptionName group) {
        names.remove(group);
    }

    /**
     * Has groups read the streams that they want and do not read yet: those that other runtimes made at the same moment as
     * this one or another made the group.
     */
    void catchUp() {
        load();
        Set<StreamName> streams =
                storage.streams().stream().map(StreamInfo::name).collect(Collectors.toSet());
        Set<SubscriptionName> groups = Set.copyOf(names);
        if (streams.equals(caughtUpStreams) && groups.equals(caughtUpGroups)) {
            return;
        }
        caughtUpStreams = streams;
        caughtUpGroups = groups;
        for (SubscriptionName group : groups) {
            for (StreamName stream : streams) {
                if (isWanted(stream, group)) {
                    turns.take(group, () -> add(stream, group, 1)).whenComplete((added, failure) -> {
                        if (failure != null) {
                            // again with the next look
                            caughtUpStreams = Set.of();
                        }
                    });
                }
            }
        }
    }

    /** Completes when every group that wants the stream reads it. */
    CompletionStage<Void> join(StreamName stream) {
        if (storage.capabilities().contains(Capability.SHARED)) {
            // other runtimes make groups too
            load();
        }
        CompletableFuture<Void> all = CompletableFuture.completedFuture(null);
        for (SubscriptionName group : names) {
            if (isWanted(stream, group)) {
                all = all.thenCombine(turns.take(group, () -> add(stream, group, 1)), (a, b) -> null);
            }
        }
        return all;
    }

    private CompletionStage<Void> add(StreamName stream, SubscriptionName group, int attempt) {
        GroupInfo info = storage.group(group).orElse(null);
        if (info == null
                || info.progress().keySet().stream()
                        .anyMatch(partition -> partition.stream().equals(stream))) {
            return CompletableFuture.completedStage(null);
        }
        CompletionStage<Void> added = Subscribing.isPassing(group)
                ? addPassing(stream, group, info)
                : storage.createGroup(group, Set.of(stream), info.terms(), Start.earliest());
        return added.handle((nothing, thrown) -> {
                    if (thrown == null) {
                        log.info("Stream joins a group. stream={} group={}", stream, group);
                        return CompletableFuture.<Void>completedStage(null);
                    }
                    EventMeshException failure = EventMeshException.of(thrown);
                    return failure.code() == ErrorCode.ALREADY_EXISTS && attempt < TRIES
                            ? add(stream, group, attempt + 1)
                            : CompletableFuture.<Void>failedStage(failure);
                })
                .thenCompose(stage -> stage);
    }

    /** It may end meanwhile, which no turn keeps it from; whoever ends it forgets it here first. */
    private CompletionStage<Void> addPassing(StreamName stream, SubscriptionName group, GroupInfo info) {
        return storage.createPassingGroup(group, Set.of(stream), info.terms())
                .thenCompose(added ->
                        names.contains(group) ? CompletableFuture.completedStage(null) : storage.deleteGroup(group));
    }

    private boolean isWanted(StreamName stream, SubscriptionName group) {
        return stream.namespace().equals(group.namespace()) && map.mayHold(stream, group.pattern());
    }
}
