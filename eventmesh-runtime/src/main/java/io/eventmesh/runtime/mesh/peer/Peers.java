package io.eventmesh.runtime.mesh.peer;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.thread.SerialExecutor;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.common.time.Scheduler;
import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.mesh.MeshEndpoint;
import io.eventmesh.spi.mesh.Receiver;
import io.eventmesh.spi.mesh.TaskFence;
import io.eventmesh.spi.peer.MeshPeer;
import io.eventmesh.spi.peer.PeerLink;
import io.eventmesh.spi.peer.PeerLinks;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The other mesh runtimes over the same storage, as this one knows them: which of its groups they read, so that its members
 * are attached there too; and what it asks of them.
 *
 * <p>Two runtimes that read a group learn of one another by either one's asking: once a second, and as soon as the groups
 * here, or the runtimes that are alive, change. Thread-safe, never blocks; all state lives in its serial executor.
 */
public final class Peers {
    private static final Logger log = LoggerFactory.getLogger(Peers.class);
    private static final Duration EVERY = Duration.ofSeconds(1);
    /** One that ends, or begins, may fail once or twice. */
    private static final int FAILURES_TOLD = 3;

    private static final Duration SOON = Duration.ofMillis(20);
    /**
     * One that is not announced any more may have lost the meta store alone, or is about to end, and still has something in
     * flight with members here: as long as it answers it is one of them.
     */
    private static final Duration KEPT_AFTER_IT_WENT = Duration.ofSeconds(30);

    private final String runtimeId;
    private final MeshClock clock;
    private final Scheduler scheduler;
    private final Executor dispatch;
    private final Supplier<Set<SubscriptionName>> served;
    private final SerialExecutor serial;
    private final Map<SubscriptionName, Set<SpreadMember>> members = new ConcurrentHashMap<>();
    /** By runtime. Written in the serial executor only. */
    private final Map<String, Known> known = new ConcurrentHashMap<>();

    private final AtomicInteger relays = new AtomicInteger();
    private final LongAdder lostRelays = new LongAdder();
    private final CompletableFuture<Void> empty = new CompletableFuture<>();
    private volatile boolean isEnding;

    private @Nullable PeerLinks links;
    private Supplier<List<MeshEndpoint>> live = List::of;
    private Scheduler.@Nullable Timer next;
    private boolean isSoon;
    private boolean draining;
    private boolean closed;

    /** What is known of one runtime. */
    private static final class Known {
        private final MeshEndpoint endpoint;
        private final PeerLink link;
        private Set<SubscriptionName> serves = Set.of();
        private boolean asking;
        private int failures;
        private boolean failing;
        private long goneNanos;
        private volatile boolean gone;

        Known(MeshEndpoint endpoint, PeerLink link) {
            this.endpoint = endpoint;
            this.link = link;
        }
    }

    /** @param served the groups that are read here and may have members elsewhere */
    public Peers(
            String runtimeId,
            MeshClock clock,
            Scheduler scheduler,
            Executor dispatch,
            Supplier<Set<SubscriptionName>> served) {
        this.runtimeId = runtimeId;
        this.clock = clock;
        this.scheduler = scheduler;
        this.dispatch = dispatch;
        this.served = served;
        this.serial = new SerialExecutor(dispatch, clock::nanoTime);
    }

    /**
     * Begins to look for the others.
     *
     * @param live all mesh runtimes that are alive, from memory
     */
    public void begin(PeerLinks ways, Supplier<List<MeshEndpoint>> live) {
        serial.execute(() -> {
            links = ways;
            this.live = live;
            look();
        });
    }

    /** A member that is to be attached here and wherever else its group is read. */
    public SpreadMember spread(SubscriptionName group, @Nullable TaskFence fence, String client, Receiver receiver) {
        return new SpreadMember(
                group,
                fence,
                client,
                receiver,
                new SpreadMember.Surroundings(runtimeId, scheduler, this),
                new SerialExecutor(dispatch, clock::nanoTime));
    }

    void joined(SpreadMember member) {
        members.computeIfAbsent(member.group(), unknown -> ConcurrentHashMap.newKeySet())
                .add(member);
        serial.execute(() -> known.values().stream()
                .filter(peer -> peer.serves.contains(member.group()))
                .forEach(peer -> member.reach(peer.endpoint.runtime(), peer.link)));
    }

    void left(SpreadMember member) {
        members.computeIfPresent(member.group(), (group, all) -> {
            all.remove(member);
            return all.isEmpty() ? null : all;
        });
        if (isEnding && members.isEmpty()) {
            empty.complete(null);
        }
    }

    void relayOpened() {
        relays.incrementAndGet();
    }

    /** @param lost whether its member stays */
    void relayClosed(boolean lost) {
        relays.decrementAndGet();
        if (lost) {
            lostRelays.increment();
        }
    }

    /** At how many other runtimes the members here are attached, each member counted at each. */
    public int relays() {
        return relays.get();
    }

    /** How many of these ended while their members stayed. */
    public long lostRelays() {
        return lostRelays.sum();
    }

    /** Something changed that others should know, or this one of them: asks them in a moment. */
    public void lookSoon() {
        serial.execute(() -> {
            if (!isSoon && links != null && !closed) {
                isSoon = true;
                schedule(SOON);
            }
        });
    }

    /** Another runtime says which groups it reads; answers which of these are read here. */
    public Set<SubscriptionName> met(String runtime, Set<SubscriptionName> groups) {
        Set<SubscriptionName> both = new HashSet<>(served.get());
        both.retainAll(groups);
        Set<SubscriptionName> answer = Set.copyOf(both);
        serial.executeLater(() -> {
            Known peer = known.get(runtime);
            if (peer == null) {
                lookSoon();
            } else {
                serves(peer, answer);
            }
        });
        return answer;
    }

    private void schedule(Duration delay) {
        if (next != null) {
            next.cancel();
        }
        next = scheduler.schedule(delay, () -> serial.executeLater(this::look));
    }

    private void look() {
        PeerLinks ways = links;
        if (closed || ways == null) {
            return;
        }
        isSoon = false;
        Map<String, MeshEndpoint> there = new HashMap<>();
        for (MeshEndpoint endpoint : live.get()) {
            if (!endpoint.runtime().equals(runtimeId) && !endpoint.grpc().isEmpty()) {
                there.put(endpoint.runtime(), endpoint);
            }
        }
        forget(there);
        there.forEach((runtime, endpoint) ->
                known.computeIfAbsent(runtime, unknown -> new Known(endpoint, ways.to(endpoint))).gone = false);
        Set<SubscriptionName> mine = served.get();
        if (!mine.isEmpty() && !draining) {
            known.values().forEach(peer -> ask(peer, mine));
        }
        schedule(EVERY);
    }

    private void forget(Map<String, MeshEndpoint> there) {
        long now = clock.nanoTime();
        for (Known peer : List.copyOf(known.values())) {
            MeshEndpoint endpoint = there.get(peer.endpoint.runtime());
            if (endpoint == null && !peer.gone) {
                peer.gone = true;
                peer.goneNanos = now;
            }
            boolean moved = endpoint != null && !endpoint.grpc().equals(peer.endpoint.grpc());
            boolean over = peer.gone
                    && endpoint == null
                    && peer.failures > 0
                    && now - peer.goneNanos > KEPT_AFTER_IT_WENT.toNanos();
            if (moved || over) {
                known.remove(peer.endpoint.runtime());
                peer.link.close();
            }
        }
    }

    private void ask(Known peer, Set<SubscriptionName> mine) {
        if (peer.asking) {
            return;
        }
        peer.asking = true;
        peer.link
                .serving(runtimeId, mine)
                .whenComplete((both, failure) -> serial.execute(() -> {
                    peer.asking = false;
                    if (closed) {
                        return;
                    }
                    if (both != null) {
                        note(peer, null);
                        serves(peer, both);
                    } else {
                        note(peer, failure);
                        peer.serves = Set.of();
                    }
                }));
    }

    private static void note(Known peer, @Nullable Throwable failure) {
        peer.failures = failure == null ? 0 : peer.failures + 1;
        if (failure != null && peer.failures == FAILURES_TOLD) {
            log.warn(
                    "Mesh runtime is not reached, its share of events does not come here. runtime={} address={} error={}",
                    peer.endpoint.runtime(),
                    peer.endpoint.grpc(),
                    EventMeshException.of(failure).reason());
            peer.failing = true;
        } else if (failure == null && peer.failing) {
            log.info("Mesh runtime is reached again. runtime={}", peer.endpoint.runtime());
            peer.failing = false;
        }
    }

    private void serves(Known peer, Set<SubscriptionName> groups) {
        if (draining || closed) {
            return;
        }
        peer.serves = groups;
        for (SubscriptionName group : groups) {
            members.getOrDefault(group, Set.of()).forEach(member -> member.reach(peer.endpoint.runtime(), peer.link));
        }
    }

    // what it asks of them

    /** Hands a reply to the runtime that waits for it. Fails with NOT_FOUND when that is gone or waits no more. */
    public CompletionStage<Void> reply(String runtime, String correlation, Event reply) {
        CompletableFuture<Void> answer = new CompletableFuture<>();
        serial.execute(() -> {
            if (!known.containsKey(runtime)) {
                // it may have come since the last look
                look();
            }
            Known peer = known.get(runtime);
            CompletionStage<Void> taken = peer == null ? notThere(runtime) : peer.link.reply(correlation, reply);
            taken.whenComplete((done, failure) -> {
                if (failure == null) {
                    answer.complete(null);
                } else {
                    answer.completeExceptionally(EventMeshException.of(failure));
                }
            });
        });
        return answer;
    }

    private static CompletionStage<Void> notThere(String runtime) {
        return CompletableFuture.failedStage(new EventMeshException(
                ErrorCode.NOT_FOUND,
                "request: waits at runtime '%s', which is not there (expected: one that is alive)".formatted(runtime)));
    }

    /** For how long each group has been without members at any of the others; fails when one of them does not answer. */
    public CompletionStage<Map<SubscriptionName, Duration>> away(Set<SubscriptionName> groups) {
        return everywhere(peer -> peer.away(groups)).thenApply(answers -> {
            Map<SubscriptionName, Duration> shortest = new HashMap<>();
            for (Map<SubscriptionName, Duration> answer : answers) {
                answer.forEach((group, away) ->
                        shortest.merge(group, away, (one, other) -> one.compareTo(other) <= 0 ? one : other));
            }
            return shortest;
        });
    }

    /** Has all others let go of what they read of a group; whether they did, the storage says. */
    public CompletionStage<Void> letGo(SubscriptionName group) {
        return everywhere(peer -> peer.letGo(group).exceptionally(silent -> null))
                .thenApply(all -> null);
    }

    /** Ends {@link #letGo}; who does not hear it goes on by itself. */
    public void goOn(SubscriptionName group) {
        known.values().forEach(peer -> peer.link.goOn(group));
    }

    private <T> CompletionStage<List<T>> everywhere(Function<MeshPeer, CompletionStage<T>> call) {
        CompletionStage<List<T>> all = CompletableFuture.completedStage(new ArrayList<>());
        for (Known peer : known.values()) {
            if (peer.gone) {
                continue;
            }
            all = all.thenCombine(call.apply(peer.link), (answers, answer) -> {
                answers.add(answer);
                return answers;
            });
        }
        return all;
    }

    // ending

    /**
     * Attaches nowhere any more; what other runtimes have in flight with members here may be settled. Completes when no
     * member is left, which their groups here have a part in.
     */
    public CompletionStage<Void> drain() {
        serial.execute(() -> draining = true);
        isEnding = true;
        members.values().forEach(all -> all.forEach(SpreadMember::finish));
        if (members.isEmpty()) {
            empty.complete(null);
        }
        return empty;
    }

    /** Ends all members and all ways to others. */
    public void close(EventMeshException cause) {
        members.values().forEach(all -> List.copyOf(all).forEach(member -> member.end(cause)));
        serial.execute(() -> {
            closed = true;
            if (next != null) {
                next.cancel();
            }
            known.values().forEach(peer -> peer.link.close());
            known.clear();
            if (links != null) {
                links.close();
            }
        });
    }
}
