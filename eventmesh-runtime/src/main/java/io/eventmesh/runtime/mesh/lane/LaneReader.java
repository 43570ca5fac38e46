package io.eventmesh.runtime.mesh.lane;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.time.Scheduler;
import io.eventmesh.runtime.delivery.LaneRule;
import io.eventmesh.runtime.delivery.Membership;
import io.eventmesh.runtime.delivery.OwnMember;
import io.eventmesh.spi.mesh.CallContext;
import io.eventmesh.spi.mesh.Delivery;
import io.eventmesh.spi.mesh.Receiver;
import io.eventmesh.spi.mesh.SubscribeTerms;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * This runtime's member of a group whose events go to targets: OUT, JOINING, IN, LEAVING when it takes nothing more. It
 * comes back when the group ended its membership. Thread-safe, never blocks.
 */
final class LaneReader implements Receiver, AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(LaneReader.class);
    private static final Duration BACK_OFF = Duration.ofSeconds(1);

    /** Who takes the events. Called from the group. */
    interface Taker {
        void take(Membership<OwnMember> hold, Delivery delivery);

        /** What was offered by this hold and is not settled is nobody's any more. */
        void ended(Membership<OwnMember> hold);
    }

    private enum Stage {
        OUT,
        JOINING,
        IN,
        LEAVING,
        CLOSED
    }

    private final LaneOutbox outbox;
    private final CallContext context;
    private final SubscribeTerms terms;
    private final LaneRule lanes;
    private final Scheduler scheduler;
    private final int window;
    private final Taker taker;
    private Stage stage = Stage.OUT;
    private boolean wanted;
    private boolean failing;
    private volatile @Nullable Membership<OwnMember> hold;

    /** @param window events that are offered and not settled at a time */
    LaneReader(
            LaneOutbox outbox,
            CallContext context,
            SubscribeTerms terms,
            LaneRule lanes,
            Scheduler scheduler,
            int window,
            Taker taker) {
        this.outbox = outbox;
        this.context = context;
        this.terms = terms;
        this.lanes = lanes;
        this.scheduler = scheduler;
        this.window = window;
        this.taker = taker;
    }

    /** Joins the group, and goes on trying, and comes back, until it is told to leave. */
    void join() {
        synchronized (this) {
            wanted = true;
            if (stage != Stage.OUT) {
                return;
            }
            stage = Stage.JOINING;
        }
        outbox.subscribe(context, terms, lanes, this).whenComplete((joined, failure) -> {
            if (joined != null) {
                joined(joined);
            } else {
                out(EventMeshException.of(failure));
            }
        });
    }

    private void joined(OwnMember joined) {
        boolean leave;
        synchronized (this) {
            leave = stage != Stage.JOINING || !wanted;
            if (stage == Stage.JOINING) {
                stage = wanted ? Stage.IN : Stage.LEAVING;
                hold = new Membership<>(joined, window, Long.MAX_VALUE);
            }
            failing = false;
        }
        if (leave) {
            joined.finish();
        } else {
            joined.request(window, Long.MAX_VALUE);
        }
    }

    /** Takes nothing more, and leaves the group when what was taken is settled. */
    void leave() {
        Membership<OwnMember> leaving;
        synchronized (this) {
            wanted = false;
            if (stage != Stage.IN) {
                return;
            }
            stage = Stage.LEAVING;
            leaving = hold;
        }
        if (leaving != null) {
            leaving.member().finish();
        }
    }

    /** Whether it takes events, or is about to. */
    synchronized boolean isIn() {
        return stage == Stage.IN || stage == Stage.JOINING;
    }

    /** Has parked events of a flow offered now. */
    void hasten(String flow) {
        Membership<OwnMember> in = hold;
        if (in != null) {
            in.member().hasten(flow);
        }
    }

    @Override
    public void deliver(Delivery delivery) {
        Membership<OwnMember> in = hold;
        if (in != null) {
            taker.take(in, delivery);
        }
    }

    @Override
    public void closed(@Nullable EventMeshException cause) {
        Membership<OwnMember> gone = hold;
        hold = null;
        if (gone != null) {
            taker.ended(gone);
        }
        out(cause);
    }

    /** @param cause null when it has left */
    private void out(@Nullable EventMeshException cause) {
        boolean again;
        synchronized (this) {
            if (stage == Stage.CLOSED) {
                return;
            }
            stage = Stage.OUT;
            again = wanted;
            if (again && cause != null && !failing && cause.code() != ErrorCode.SHUTTING_DOWN) {
                failing = true;
                log.warn(
                        "Events cannot be read to send them, trying again. group={} code={} error={}",
                        terms.group(),
                        cause.code(),
                        cause.reason());
            }
        }
        if (again) {
            scheduler.schedule(cause == null ? Duration.ZERO : BACK_OFF, this::rejoin);
        }
    }

    private void rejoin() {
        synchronized (this) {
            if (!wanted) {
                return;
            }
        }
        join();
    }

    /** Leaves at once; what is in flight goes back to the group. */
    @Override
    public void close() {
        Membership<OwnMember> leaving;
        synchronized (this) {
            wanted = false;
            stage = Stage.CLOSED;
            leaving = hold;
        }
        hold = null;
        if (leaving != null) {
            leaving.member().leave();
        }
    }
}
