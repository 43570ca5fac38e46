package io.eventmesh.runtime.mesh.lane;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.time.Scheduler;
import io.eventmesh.common.topic.TopicPattern;
import io.eventmesh.runtime.delivery.Cause;
import io.eventmesh.runtime.delivery.LaneMember;
import io.eventmesh.spi.mesh.CallContext;
import io.eventmesh.spi.mesh.Delivery;
import io.eventmesh.spi.mesh.Receiver;
import io.eventmesh.spi.mesh.SubscribeTerms;
import io.eventmesh.spi.storage.DeliveryTerms;
import io.eventmesh.spi.storage.Start;
import io.eventmesh.spi.target.Outcome;
import io.eventmesh.spi.target.TargetSender;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The outbox of one bus: a member of its group that sends each event to its target. Thread-safe. */
final class BusLanes implements Receiver, AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(BusLanes.class);
    private static final Duration BACK_OFF = Duration.ofSeconds(1);
    /** A rule may reach the function role before it reaches this runtime. */
    private static final Duration UNKNOWN_TARGET = Duration.ofSeconds(3);

    private static final int CREDIT = 1 << 20;

    private final TargetLanes.Bus bus;
    private final Outbox outbox;
    private final CallContext context;
    private final Scheduler scheduler;
    private volatile Map<String, TargetSender> senders = Map.of();
    private volatile @Nullable LaneMember member;
    private volatile boolean closed;

    BusLanes(TargetLanes.Bus bus, Outbox outbox, CallContext context, Scheduler scheduler) {
        this.bus = bus;
        this.outbox = outbox;
        this.context = context.inNamespace(bus.namespace());
        this.scheduler = scheduler;
    }

    /** @param targets by {@code rule/target} */
    void use(Map<String, TargetSender> targets) {
        senders = Map.copyOf(targets);
    }

    /** Subscribes, and goes on trying until closed. */
    void join() {
        if (closed) {
            return;
        }
        SubscribeTerms terms = new SubscribeTerms(
                "_targets/" + bus.name(),
                TopicPattern.of("_t/" + bus.namespace() + "/" + bus.name()),
                Start.earliest(),
                DeliveryTerms.DEFAULT,
                context.principal().name());
        outbox.subscribe(context, terms, new TargetLaneRule(), this).whenComplete((joined, failure) -> {
            if (failure != null) {
                again(EventMeshException.of(failure));
                return;
            }
            member = joined;
            if (closed) {
                joined.close();
            } else {
                joined.request(CREDIT, Long.MAX_VALUE);
            }
        });
    }

    private void again(EventMeshException cause) {
        if (!closed) {
            log.warn("Outbox cannot be read, trying again. bus={} error={}", bus, cause.reason());
            scheduler.schedule(BACK_OFF, this::join);
        }
    }

    @Override
    public void deliver(Delivery delivery) {
        LaneMember from = member;
        if (from == null) {
            return;
        }
        from.request(1, 0);
        String target = delivery.record().target();
        TargetSender sender = target == null ? null : senders.get(target);
        if (sender == null) {
            Cause unknown = new Cause(
                    "unknown-target",
                    ErrorCode.NOT_FOUND,
                    "target: '%s' (expected: one of a rule of bus '%s')".formatted(target, bus.name()));
            from.release(delivery.id(), UNKNOWN_TARGET, unknown);
            return;
        }
        sender.send(delivery.record(), delivery.attempt())
                .whenComplete((outcome, defect) -> settle(from, delivery.id(), outcome, defect));
    }

    private static void settle(LaneMember from, long delivery, @Nullable Outcome outcome, @Nullable Throwable defect) {
        if (outcome instanceof Outcome.Done) {
            from.ack(delivery);
        } else if (outcome instanceof Outcome.Again again) {
            from.release(delivery, again.delay(), new Cause("target-failed", again.code(), again.reason()));
        } else if (outcome instanceof Outcome.Never never) {
            from.reject(delivery, new Cause("target-refused", never.code(), never.reason()));
        } else {
            EventMeshException failure =
                    EventMeshException.of(defect == null ? new IllegalStateException("no outcome") : defect);
            from.release(delivery, Duration.ZERO, new Cause("target-failed", failure.code(), failure.reason()));
        }
    }

    @Override
    public void closed(@Nullable EventMeshException cause) {
        member = null;
        if (cause == null || cause.code() != ErrorCode.SHUTTING_DOWN) {
            again(cause == null ? new EventMeshException(ErrorCode.INTERNAL, "the membership ended") : cause);
        }
    }

    @Override
    public void close() {
        closed = true;
        LaneMember leaving = member;
        if (leaving != null) {
            leaving.close();
        }
    }
}
