package io.eventmesh.runtime.mesh.lane;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.time.Scheduler;
import io.eventmesh.runtime.delivery.Cause;
import io.eventmesh.runtime.delivery.LaneMember;
import io.eventmesh.runtime.delivery.LaneRule;
import io.eventmesh.spi.mesh.CallContext;
import io.eventmesh.spi.mesh.Delivery;
import io.eventmesh.spi.mesh.Receiver;
import io.eventmesh.spi.mesh.SubscribeTerms;
import io.eventmesh.spi.storage.EventRecord;
import io.eventmesh.spi.target.Outcome;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A member of the mesh's own: sends each event of its group somewhere and settles it by the outcome. It comes back when
 * the group ended its membership, until it is closed, the mesh shuts down, or its {@link Way} says that there is no use.
 * Thread-safe, never blocks.
 */
final class SendingMember implements Receiver, AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(SendingMember.class);
    private static final Duration BACK_OFF = Duration.ofSeconds(1);
    /** An event for a destination that wants nothing, among others that do. */
    private static final Duration STOPPED = Duration.ofMinutes(1);

    private record Joined(LaneMember member, AtomicBoolean asked) {}

    /** Where events go. Thread-safe. */
    interface Way {
        /** Sends one event; the stage never fails. */
        CompletionStage<Outcome> send(EventRecord record, int attempt);

        /** How many events may be on their way; 0 for none yet: {@link SendingMember#open} says when. */
        int window();

        /**
         * The membership ended, or could not begin. Answers whether to try again.
         *
         * @param cause SHUTTING_DOWN when the mesh ends: nothing may be sent then
         */
        boolean comesBack(EventMeshException cause);
    }

    private final Outbox outbox;
    private final CallContext context;
    private final SubscribeTerms terms;
    private final LaneRule lanes;
    private final Way way;
    private final Scheduler scheduler;
    private volatile @Nullable Joined current;
    private volatile boolean closed;
    private volatile boolean failing;

    SendingMember(
            Outbox outbox, CallContext context, SubscribeTerms terms, LaneRule lanes, Way way, Scheduler scheduler) {
        this.outbox = outbox;
        this.context = context;
        this.terms = terms;
        this.lanes = lanes;
        this.way = way;
        this.scheduler = scheduler;
    }

    /** Joins the group; completes with the first answer. */
    CompletionStage<LaneMember> join() {
        return outbox.subscribe(context, terms, lanes, this).thenApply(joined -> {
            Joined membership = new Joined(joined, new AtomicBoolean());
            current = membership;
            failing = false;
            if (closed) {
                joined.close();
            } else {
                open(membership);
            }
            return joined;
        });
    }

    /** Joins the group, and goes on trying. */
    void joinForGood() {
        if (closed) {
            return;
        }
        join().whenComplete((joined, failure) -> {
            if (failure != null) {
                comeBack(EventMeshException.of(failure));
            }
        });
    }

    private void comeBack(EventMeshException cause) {
        if (closed || !way.comesBack(cause)) {
            return;
        }
        if (!failing) {
            failing = true;
            log.warn(
                    "Events cannot be read to send them, trying again. group={} pattern={} code={} error={}",
                    terms.group(),
                    terms.pattern(),
                    cause.code(),
                    cause.reason());
        }
        scheduler.schedule(BACK_OFF, this::joinForGood);
    }

    /** The way is open: asks for events, once a membership. */
    void open() {
        Joined joined = current;
        if (joined != null) {
            open(joined);
        }
    }

    private void open(Joined joined) {
        int window = way.window();
        if (window > 0 && joined.asked().compareAndSet(false, true)) {
            joined.member().request(window, Long.MAX_VALUE);
        }
    }

    @Override
    public void deliver(Delivery delivery) {
        Joined joined = current;
        if (joined == null || closed) {
            return;
        }
        LaneMember from = joined.member();
        way.send(delivery.record(), delivery.attempt()).whenComplete((outcome, defect) -> {
            settle(from, delivery.id(), outcome, defect);
            from.request(1, 0);
        });
    }

    private static void settle(LaneMember from, long delivery, @Nullable Outcome outcome, @Nullable Throwable defect) {
        if (outcome instanceof Outcome.Done) {
            from.ack(delivery);
        } else if (outcome instanceof Outcome.Again again) {
            from.release(delivery, again.delay(), new Cause("target-failed", again.code(), again.reason()));
        } else if (outcome instanceof Outcome.Never never) {
            from.reject(delivery, new Cause("target-refused", never.code(), never.reason()));
        } else if (outcome instanceof Outcome.Stop stop) {
            from.release(delivery, STOPPED, new Cause("target-stopped", stop.code(), stop.reason()));
        } else {
            EventMeshException failure =
                    EventMeshException.of(defect == null ? new IllegalStateException("no outcome") : defect);
            from.release(delivery, Duration.ZERO, new Cause("target-failed", failure.code(), failure.reason()));
        }
    }

    @Override
    public void closed(@Nullable EventMeshException cause) {
        current = null;
        comeBack(cause == null ? new EventMeshException(ErrorCode.INTERNAL, "the membership ended") : cause);
    }

    @Override
    public void close() {
        closed = true;
        Joined leaving = current;
        if (leaving != null) {
            leaving.member().close();
        }
    }
}
