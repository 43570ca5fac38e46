package io.eventmesh.runtime.mesh.peer;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.thread.SerialExecutor;
import io.eventmesh.common.time.Scheduler;
import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.runtime.delivery.Cause;
import io.eventmesh.runtime.delivery.LaneMember;
import io.eventmesh.runtime.delivery.ThriftyMember;
import io.eventmesh.spi.mesh.Delivery;
import io.eventmesh.spi.mesh.Receiver;
import io.eventmesh.spi.mesh.TaskFence;
import io.eventmesh.spi.peer.MeshPeer;
import io.eventmesh.spi.peer.Relay;
import io.eventmesh.spi.peer.RelayReceiver;
import io.eventmesh.spi.peer.RelayTerms;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A member that is attached to its group at this runtime and, by relays, at the others that read it: to each of them it is
 * one member among others, and here they are one. OPEN, then FINISHING when its runtime ends and the others still have
 * something in flight with it, then ENDED.
 *
 * <p>Its credit is divided among them ({@link CreditSplit}); what is settled goes to where it came from. A relay that is
 * lost leaves its credit to the rest. Thread-safe; all state lives in its serial executor.
 */
public final class SpreadMember implements LaneMember {
    private static final Logger log = LoggerFactory.getLogger(SpreadMember.class);
    private static final Cause RELEASED = new Cause("released", null, "released by the member");
    /** A runtime that does not give credit back in this time is given up: it may be stopped, and others need it. */
    private static final Duration RECALL_PATIENCE = Duration.ofSeconds(3);

    private static final Duration LAST_SETTLED = Duration.ofSeconds(5);
    /** Delivery ids of one runtime are the lower bits. */
    private static final int ID_BITS = 44;

    private static final long ID_MASK = (1L << ID_BITS) - 1;

    /** What surrounds it. */
    record Surroundings(String runtimeId, Scheduler scheduler, Peers peers) {}

    private final SubscriptionName group;
    private final @Nullable TaskFence fence;
    private final String client;
    private final Receiver receiver;
    private final boolean keepsKeys;
    private final Surroundings around;
    private final SerialExecutor serial;
    private final Outlet own = new Outlet(0, "");
    private final Map<Integer, Outlet> outlets = new ConcurrentHashMap<>();

    // below: of the serial executor

    private final CreditSplit split = new CreditSplit();
    private final Set<String> reached = new HashSet<>();
    /** Came when bytes were overdrawn. */
    private final ArrayDeque<Held> held = new ArrayDeque<>();

    private long bytes;
    private int relays;
    private boolean finishing;
    private boolean ended;
    private @Nullable EventMeshException lastCause;

    private record Held(Outlet from, Delivery delivery) {}

    SpreadMember(
            SubscriptionName group,
            @Nullable TaskFence fence,
            String client,
            Receiver receiver,
            Surroundings around,
            SerialExecutor serial) {
        this.group = group;
        this.fence = fence;
        this.client = client;
        this.receiver = receiver;
        this.keepsKeys = receiver.keepsKeys();
        this.around = around;
        this.serial = serial;
    }

    /** What the member's own group delivers to. */
    public RelayReceiver own() {
        return own;
    }

    /** The member's own group took it in. */
    public LaneMember opened(ThriftyMember member) {
        serial.execute(() -> {
            own.opened(new OwnRelay(member));
            around.peers().joined(this);
        });
        return this;
    }

    /** Another runtime reads the group: attaches there, unless it is already. */
    void reach(String runtime, MeshPeer peer) {
        serial.execute(() -> {
            if (ended || finishing || !reached.add(runtime)) {
                return;
            }
            Outlet outlet = new Outlet(++relays, runtime);
            RelayTerms terms = new RelayTerms(around.runtimeId(), group, client, keepsKeys, fence);
            peer.relay(terms, outlet)
                    .whenComplete((relay, failure) -> serial.execute(() -> reached(outlet, relay, failure)));
        });
    }

    private void reached(Outlet outlet, @Nullable Relay relay, @Nullable Throwable failure) {
        if (relay == null) {
            reached.remove(outlet.runtime);
            EventMeshException cause = EventMeshException.of(
                    failure == null ? new IllegalStateException("no relay to " + outlet.runtime) : failure);
            log.debug(
                    "Member is not attached at another runtime. group={} runtime={} code={} error={}",
                    group,
                    outlet.runtime,
                    cause.code(),
                    cause.reason());
            if (cause.code() == ErrorCode.FENCED) {
                end(cause);
            }
        } else if (ended || finishing || outlet.closed) {
            reached.remove(outlet.runtime);
            relay.close();
        } else {
            outlet.opened(relay);
        }
    }

    @Override
    public SubscriptionName subscription() {
        return group;
    }

    SubscriptionName group() {
        return group;
    }

    @Override
    public void request(int events, long moreBytes) {
        if (events < 0 || moreBytes < 0) {
            throw new IllegalArgumentException("credit: %d, %d (expected: 0 or more)".formatted(events, moreBytes));
        }
        serial.execute(() -> {
            long sum = bytes + moreBytes;
            bytes = sum < bytes ? Long.MAX_VALUE : sum;
            deliverHeld();
            split.add(events, moreBytes);
        });
    }

    @Override
    public void ack(long delivery) {
        Outlet outlet = outlets.get((int) (delivery >>> ID_BITS));
        if (outlet != null) {
            outlet.hold().ack(delivery & ID_MASK);
        }
    }

    @Override
    public void release(long delivery, Duration delay) {
        release(delivery, delay, RELEASED);
    }

    @Override
    public void release(long delivery, Duration delay, Cause cause) {
        Outlet outlet = outlets.get((int) (delivery >>> ID_BITS));
        if (outlet != null) {
            outlet.hold().release(delivery & ID_MASK, delay, cause.reason(), cause.code(), cause.message());
        }
    }

    @Override
    public void reject(long delivery, String reason) {
        reject(delivery, new Cause("rejected", null, reason));
    }

    @Override
    public void reject(long delivery, Cause cause) {
        Outlet outlet = outlets.get((int) (delivery >>> ID_BITS));
        if (outlet != null) {
            outlet.hold().reject(delivery & ID_MASK, cause.reason(), cause.code(), cause.message());
        }
    }

    @Override
    public void leave() {
        serial.execute(() -> letGo(Relay::leave));
    }

    @Override
    public void close() {
        serial.execute(() -> letGo(Relay::close));
    }

    /** Takes nothing more from other runtimes; their relays end as what they have in flight is settled. */
    void finish() {
        serial.execute(() -> {
            finishing = true;
            outlets.values().stream()
                    .filter(outlet -> outlet != own)
                    .forEach(outlet -> outlet.hold().finish());
        });
    }

    private void deliver(Outlet from, Delivery delivery) {
        if (ended || from.closed) {
            return;
        }
        split.delivered(from.share(), delivery.record().event().size());
        if (bytes > 0 && held.isEmpty()) {
            handOver(from, delivery);
        } else {
            held.add(new Held(from, delivery));
        }
    }

    /** Each runtime may overdraw its part by one event, the member only the whole: the rest waits here. */
    private void deliverHeld() {
        while (bytes > 0 && !held.isEmpty()) {
            Held next = held.remove();
            handOver(next.from(), next.delivery());
        }
    }

    private void handOver(Outlet from, Delivery delivery) {
        bytes -= delivery.record().event().size();
        long id = (long) from.number << ID_BITS | delivery.id();
        receiver.deliver(new Delivery(id, delivery.position(), delivery.record(), delivery.attempt()));
    }

    private void ownEnded(@Nullable EventMeshException cause) {
        boolean orderly = cause == null || cause.code() == ErrorCode.SHUTTING_DOWN;
        drop(own);
        if (orderly && !outlets.isEmpty() && !ended) {
            // what the other runtimes have in flight with it may be settled
            lastCause = cause;
            finishing = true;
            outlets.values().forEach(outlet -> outlet.hold().finish());
            around.scheduler().schedule(LAST_SETTLED, () -> serial.executeLater(() -> end(cause)));
        } else {
            end(cause);
        }
    }

    private void relayEnded(Outlet outlet, @Nullable EventMeshException cause) {
        reached.remove(outlet.runtime);
        drop(outlet);
        if (cause != null && cause.code() == ErrorCode.FENCED) {
            end(cause);
        } else if (own.closed && outlets.isEmpty()) {
            end(lastCause);
        } else if (!ended && !finishing) {
            log.debug(
                    "Relay of a member ended. group={} runtime={} error={}",
                    group,
                    outlet.runtime,
                    cause == null ? "" : cause.reason());
        }
    }

    private void drop(Outlet outlet) {
        outlet.closed = true;
        if (outlets.remove(outlet.number) != null && outlet != own) {
            around.peers().relayClosed(!ended && !finishing);
        }
        CreditSplit.Share share = outlet.share;
        if (share != null) {
            split.close(share);
            for (Held waiting : List.copyOf(held)) {
                if (waiting.from() == outlet) {
                    held.remove(waiting);
                    split.add(1, waiting.delivery().record().event().size());
                }
            }
        }
        outlet.noMorePatience();
    }

    /** The mesh ends the membership. */
    void end(@Nullable EventMeshException cause) {
        serial.execute(() -> {
            if (!ended) {
                letGo(Relay::close);
                receiver.closed(cause);
            }
        });
    }

    private void letGo(Consumer<Relay> each) {
        if (ended) {
            return;
        }
        ended = true;
        around.peers().left(this);
        for (Outlet outlet : List.copyOf(outlets.values())) {
            outlet.closed = true;
            each.accept(outlet.hold());
            if (outlet != own) {
                around.peers().relayClosed(false);
            }
        }
        outlets.clear();
        held.clear();
    }

    /** One runtime's side of it. */
    private final class Outlet implements RelayReceiver, CreditSplit.Tap {
        private final int number;
        private final String runtime;
        private volatile @Nullable Relay hold;
        private CreditSplit.@Nullable Share share;
        private Scheduler.@Nullable Timer patience;
        private boolean early;
        private boolean closed;

        Outlet(int number, String runtime) {
            this.number = number;
            this.runtime = runtime;
        }

        private void opened(Relay relay) {
            hold = relay;
            if (ended || closed) {
                relay.close();
                return;
            }
            outlets.put(number, this);
            if (this != own) {
                around.peers().relayOpened();
            }
            share = split.open(this);
            if (early) {
                split.wanting(share);
            }
        }

        private Relay hold() {
            Relay there = hold;
            if (there == null) {
                throw new IllegalStateException("A member's hold is used before it is there");
            }
            return there;
        }

        private CreditSplit.Share share() {
            CreditSplit.Share part = share;
            if (part == null) {
                throw new IllegalStateException("A member was delivered to before it had credit");
            }
            return part;
        }

        @Override
        public boolean keepsKeys() {
            return keepsKeys;
        }

        @Override
        public void deliver(Delivery delivery) {
            serial.execute(() -> SpreadMember.this.deliver(this, delivery));
        }

        @Override
        public void wanting() {
            serial.execute(() -> {
                // may be told before the hold is there
                early = share == null;
                if (share != null && !closed && !ended && !finishing) {
                    split.wanting(share);
                }
            });
        }

        @Override
        public void returned(long events, long backBytes) {
            serial.execute(() -> {
                if (share != null && !closed && !ended) {
                    noMorePatience();
                    split.returned(share, events, backBytes);
                }
            });
        }

        @Override
        public void closed(@Nullable EventMeshException cause) {
            serial.execute(() -> {
                if (closed || ended) {
                    closed = true;
                } else if (this == own) {
                    ownEnded(cause);
                } else {
                    relayEnded(this, cause);
                }
            });
        }

        @Override
        public void grant(int events, long moreBytes) {
            if (!finishing || this == own) {
                hold().request(events, moreBytes);
            }
        }

        @Override
        public void recall() {
            hold().recall();
            if (this != own) {
                patience =
                        around.scheduler().schedule(RECALL_PATIENCE, () -> serial.executeLater(this::giveUpIfSilent));
            }
        }

        private void noMorePatience() {
            if (patience != null) {
                patience.cancel();
                patience = null;
            }
        }

        private void giveUpIfSilent() {
            if (patience != null && !closed && !ended) {
                log.warn(
                        "Runtime does not give credit of a member back, going on without it. group={} runtime={}",
                        group,
                        runtime);
                hold().close();
                relayEnded(
                        this,
                        new EventMeshException(ErrorCode.SHUTTING_DOWN, "relay: silent (expected: credit given back)"));
            }
        }
    }
}
