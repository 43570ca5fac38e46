package io.eventmesh.runtime.mesh;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.time.Scheduler;
import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.runtime.delivery.DeliveryEnvironment;
import io.eventmesh.runtime.delivery.Group;
import io.eventmesh.runtime.delivery.ThriftyMember;
import io.eventmesh.spi.mesh.Receiver;
import io.eventmesh.spi.mesh.TaskFence;
import io.eventmesh.spi.peer.RelayReceiver;
import io.eventmesh.spi.storage.DeliveryTerms;
import io.eventmesh.spi.storage.GroupInfo;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The groups that have members on this runtime, or had some a moment ago. Thread-safe, never blocks. */
final class LiveGroups {
    private static final int MOVES = 60;
    private static final Duration MOVE_AGAIN = Duration.ofMillis(100);
    /** Longer than a runtime tries to move a group. */
    private static final Duration LET_GO = Duration.ofSeconds(15);

    private record Live(Group group, DeliveryTerms terms) {}

    private final DeliveryEnvironment environment;
    private final ServingState serving;
    private final Consumer<SubscriptionName> attached;
    private final Consumer<SubscriptionName> closed;
    private final Runnable changed;
    private final Map<SubscriptionName, CompletableFuture<Void>> letGo = new ConcurrentHashMap<>();
    private final Map<SubscriptionName, Live> groups = new ConcurrentHashMap<>();
    private final Map<SubscriptionName, Integer> expected = new ConcurrentHashMap<>();

    /**
     * @param attached told with each new member
     * @param closed told when a group takes no more members
     * @param changed told when there is another group, or one less
     */
    LiveGroups(
            DeliveryEnvironment environment,
            ServingState serving,
            Consumer<SubscriptionName> attached,
            Consumer<SubscriptionName> closed,
            Runnable changed) {
        this.environment = environment;
        this.serving = serving;
        this.attached = attached;
        this.closed = closed;
        this.changed = changed;
    }

    /** Attaches a member to a group that the storage has. Fails with ALREADY_EXISTS when its terms changed meanwhile. */
    CompletionStage<ThriftyMember> attach(
            Group.Identity identity, @Nullable TaskFence fence, String client, Receiver receiver) {
        SubscriptionName name = identity.name();
        try {
            serving.require();
            Live live = groups.get(name);
            if (live == null) {
                live = groups.computeIfAbsent(name, unused -> open(identity));
                changed.run();
            }
            Live current = live;
            if (!identity.passing() && !isCurrent(live, identity)) {
                return attach(identity, fence, client, receiver);
            }
            return live.group().attach(fence, client, receiver).thenCompose(member -> {
                if (member.isPresent()) {
                    attached.accept(name);
                    return CompletableFuture.completedStage(member.get());
                }
                groups.remove(name, current);
                return attach(identity, fence, client, receiver);
            });
        } catch (EventMeshException refused) {
            return CompletableFuture.failedStage(refused);
        }
    }

    private Live open(Group.Identity identity) {
        SubscriptionName name = identity.name();
        Group group = new Group(environment, identity, ended -> {
            groups.computeIfPresent(name, (unused, live) -> live.group() == ended ? null : live);
            closed.accept(name);
            changed.run();
        });
        return new Live(group, identity.terms());
    }

    /**
     * Whoever changes terms stores them first and then ends the group that it finds here; so that a group which is put
     * here afterwards under the old terms is found out by looking at the stored ones once more.
     */
    private boolean isCurrent(Live live, Group.Identity identity) {
        DeliveryTerms stored = environment
                .storage()
                .group(identity.name())
                .map(GroupInfo::terms)
                .orElse(identity.terms());
        if (live.terms().equals(stored) && identity.terms().equals(stored)) {
            return true;
        }
        if (!live.terms().equals(stored)) {
            end(identity.name(), live, changed(identity.name()));
        }
        stored.requireSame(identity.name(), identity.terms());
        return false;
    }

    /** What a member is told whose subscription has other terms now. */
    static EventMeshException changed(SubscriptionName name) {
        return new EventMeshException(
                ErrorCode.VERSION_CONFLICT,
                "subscription: the terms of %s changed (expected: subscribe again under the new ones)".formatted(name));
    }

    /** Ends the group's members, if it has any here; completes when its progress is stored. */
    CompletionStage<Void> end(SubscriptionName name, EventMeshException cause) {
        Live live = groups.get(name);
        return live == null ? CompletableFuture.completedStage(null) : end(name, live, cause);
    }

    private CompletionStage<Void> end(SubscriptionName name, Live live, EventMeshException cause) {
        groups.remove(name, live);
        return live.group().close(cause);
    }

    /** The storage has the group paused, or no longer. */
    void lookAtPause(SubscriptionName name) {
        Live live = groups.get(name);
        if (live != null) {
            live.group().lookAtPause();
        }
    }

    /** The groups that members of other runtimes may attach to. */
    Set<SubscriptionName> shared() {
        if (!serving.isServing()) {
            return Set.of();
        }
        return groups.keySet().stream()
                .filter(name -> !Subscribing.isPassing(name))
                .collect(Collectors.toUnmodifiableSet());
    }

    /** Attaches a member of another runtime to a group that is read here. Fails with NOT_FOUND when it is not. */
    CompletionStage<ThriftyMember> attachRelayed(
            SubscriptionName name, @Nullable TaskFence fence, String client, RelayReceiver receiver) {
        Live live = groups.get(name);
        CompletionStage<Optional<ThriftyMember>> attached = live == null || !serving.isServing()
                ? CompletableFuture.completedStage(Optional.empty())
                : live.group().attachRelayed(fence, client, receiver);
        return attached.thenApply(member -> member.orElseThrow(() -> new EventMeshException(
                ErrorCode.NOT_FOUND, "group: %s is not read here (expected: one that is)".formatted(name))));
    }

    /** Reads nothing of the group for a while, so that another runtime can have it moved. Completes when it is so. */
    CompletionStage<Void> letGo(SubscriptionName name) {
        Live live = groups.get(name);
        CompletableFuture<Void> over = new CompletableFuture<>();
        if (live == null || letGo.putIfAbsent(name, over) != null) {
            return CompletableFuture.completedStage(null);
        }
        CompletableFuture<Void> answer = new CompletableFuture<>();
        Scheduler.Timer timer = environment.scheduler().schedule(LET_GO, () -> over.complete(null));
        over.whenComplete((nothing, failure) -> {
            timer.cancel();
            letGo.remove(name, over);
        });
        live.group().reread(() -> {
            answer.complete(null);
            return over;
        });
        return answer;
    }

    /** Reads on. */
    void goOn(SubscriptionName name) {
        CompletableFuture<Void> over = letGo.get(name);
        if (over != null) {
            over.complete(null);
        }
    }

    /**
     * The storage had the group so a moment ago: if it is another one here, looks how it is now. Members that came under
     * other terms are ended.
     */
    void lookAt(SubscriptionName name, DeliveryTerms terms, boolean paused) {
        Live live = groups.get(name);
        if (live == null) {
            return;
        }
        if (live.group().isSuspended() != paused) {
            live.group().lookAtPause();
        }
        if (!live.terms().equals(terms)
                && environment
                        .storage()
                        .group(name)
                        .filter(now -> !now.terms().equals(live.terms()))
                        .isPresent()) {
            end(name, live, changed(name));
        }
    }

    /** Has the group moved while nothing reads it here; its members stay. */
    CompletionStage<Void> move(SubscriptionName name, Supplier<CompletionStage<Void>> move) {
        return move(name, move, 1);
    }

    /** A group that closes, or opens this moment, still holds its reader: FENCED, for as long as its last commit takes. */
    private CompletionStage<Void> move(SubscriptionName name, Supplier<CompletionStage<Void>> move, int attempt) {
        Live live = groups.get(name);
        CompletionStage<Void> moved = live == null ? move.get() : live.group().reread(move);
        return moved.handle((nothing, thrown) -> {
                    EventMeshException failure = thrown == null ? null : EventMeshException.of(thrown);
                    if (failure == null) {
                        return CompletableFuture.<Void>completedStage(null);
                    }
                    if (failure.code() != ErrorCode.FENCED || attempt == MOVES) {
                        return CompletableFuture.<Void>failedStage(failure);
                    }
                    CompletableFuture<Void> later = new CompletableFuture<>();
                    environment.scheduler().schedule(MOVE_AGAIN, () -> later.complete(null));
                    return later.thenCompose(now -> move(name, move, attempt + 1));
                })
                .thenCompose(stage -> stage);
    }

    /** Ends the members that speak under an older right of the task. */
    void fence(TaskFence newest) {
        groups.values().forEach(live -> live.group().fence(newest));
    }

    Group.Snapshot snapshot(SubscriptionName name) {
        Live live = groups.get(name);
        return live == null ? new Group.Snapshot(0, 0, 0) : live.group().snapshot();
    }

    /** What members of other runtimes have here, by group; as it was when this was called before. */
    Map<SubscriptionName, Group.Relayed> relayed() {
        Map<SubscriptionName, Group.Relayed> all = new HashMap<>();
        groups.forEach((name, live) -> all.put(name, live.group().relayed()));
        return all;
    }

    /** Until the attachment has come to an end, well or badly, the group is not taken for abandoned. */
    <M> CompletionStage<M> expecting(SubscriptionName name, Supplier<CompletionStage<M>> attachment) {
        expected.merge(name, 1, Integer::sum);
        CompletionStage<M> begun;
        try {
            begun = attachment.get();
        } catch (RuntimeException failure) {
            begun = CompletableFuture.failedStage(failure);
        }
        return begun.whenComplete(
                (member, failure) -> expected.computeIfPresent(name, (unused, count) -> count == 1 ? null : count - 1));
    }

    /** Whether the group has members here, or somebody is about to attach. */
    boolean isWanted(SubscriptionName name) {
        return expected.containsKey(name) || snapshot(name).members() > 0;
    }

    /** Members of a namespace's groups, those of the mesh's own not counted. */
    long members(String namespace) {
        return groups.entrySet().stream()
                .filter(entry -> Quotas.counts(entry.getKey(), namespace))
                .mapToLong(entry -> entry.getValue().group().snapshot().members())
                .sum();
    }

    /** Ends all members as soon as what they have in flight is settled; completes when progress is stored. */
    CompletionStage<Void> drain(EventMeshException cause) {
        CompletableFuture<Void> all = CompletableFuture.completedFuture(null);
        for (Live live : groups.values()) {
            all = all.thenCombine(live.group().drain(cause), (a, b) -> null);
        }
        return all;
    }

    /** Ends all members at once. */
    void close(EventMeshException cause) {
        groups.values().forEach(live -> live.group().close(cause));
    }
}
