package io.eventmesh.runtime.function;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.common.time.Scheduler;
import io.eventmesh.spi.function.EventView;
import io.eventmesh.spi.mesh.CallContext;
import io.eventmesh.spi.mesh.Delivery;
import io.eventmesh.spi.mesh.Member;
import io.eventmesh.spi.mesh.Mesh;
import io.eventmesh.spi.mesh.Outgoing;
import io.eventmesh.spi.mesh.Receiver;
import io.eventmesh.spi.mesh.SubscribeTerms;
import io.eventmesh.spi.storage.DeliveryTerms;
import io.eventmesh.spi.storage.EventRecord;
import io.eventmesh.spi.storage.RetryPolicy;
import io.eventmesh.spi.storage.Start;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * This runtime's membership in the group of one bus pattern: judges what is delivered, publishes the results, acks when
 * they are stored.
 *
 * <p>It comes back by itself when the mesh ends the membership. Thread-safe, never blocks.
 */
final class RuleMember implements Receiver, AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(RuleMember.class);
    private static final Duration BACK_OFF = Duration.ofSeconds(1);

    /** A rule never gives an event up for what time may heal: what it cannot apply, it dead-letters itself. */
    private static final DeliveryTerms TERMS = new DeliveryTerms(
            new RetryPolicy(1_000_000, Duration.ofMillis(200), 2.0, Duration.ofSeconds(10)),
            Duration.ofSeconds(30),
            true);

    /** What a member needs of its process. */
    record Surroundings(
            Mesh mesh,
            CallContext context,
            FunctionConfig config,
            MeshClock clock,
            Scheduler scheduler,
            Executor blocking,
            RuleMeters meters) {}

    private final BusPattern pattern;
    private final Surroundings around;
    private final CallContext context;
    private final AtomicInteger inJudgement = new AtomicInteger();
    private volatile RuleSet rules;
    private volatile @Nullable Member member;
    private volatile boolean closed;
    private volatile @Nullable String problem = "not subscribed yet";

    RuleMember(BusPattern pattern, RuleSet rules, Surroundings around) {
        this.pattern = pattern;
        this.rules = rules;
        this.around = around;
        this.context = around.context().inNamespace(pattern.namespace());
    }

    /** Subscribes, and goes on trying until closed. */
    void join() {
        if (closed) {
            return;
        }
        SubscribeTerms terms = new SubscribeTerms(
                pattern.group(),
                pattern.pattern(),
                Start.earliest(),
                TERMS,
                around.context().principal().name());
        around.mesh().subscribe(context, terms, this).whenComplete((joined, failure) -> {
            if (failure != null) {
                retry(EventMeshException.of(failure));
            } else {
                joined(joined);
            }
        });
    }

    private void joined(Member joined) {
        member = joined;
        problem = null;
        if (closed) {
            joined.close();
            return;
        }
        joined.request(
                around.config().maxInFlight(),
                around.config().maxInFlightBytes().bytes());
    }

    private void retry(EventMeshException cause) {
        if (problem == null || !problem.equals(cause.reason())) {
            log.warn(
                    "Rules cannot read their events. bus={} pattern={} error={}",
                    pattern.bus(),
                    pattern.pattern(),
                    cause.reason());
        }
        problem = cause.reason();
        if (!closed) {
            around.scheduler().schedule(BACK_OFF, this::join);
        }
    }

    /** Judges by other rules from the next event on. */
    void use(RuleSet other) {
        rules = other;
    }

    /** Why it does not read, or null. */
    @Nullable
    String problem() {
        return problem;
    }

    int inJudgement() {
        return inJudgement.get();
    }

    @Override
    public void deliver(Delivery delivery) {
        RuleSet current = rules;
        inJudgement.incrementAndGet();
        if (current.isQuick()) {
            judge(current, delivery);
            return;
        }
        try {
            around.blocking().execute(() -> judge(current, delivery));
        } catch (RejectedExecutionException | EventMeshException full) {
            settle(delivery, EventMeshException.of(full));
        }
    }

    private void judge(RuleSet current, Delivery delivery) {
        List<Outgoing> results;
        try {
            EventRecord record = delivery.record();
            EventView view = new EventView(record.topic(), record.event(), record.appendTimeMillis());
            results = current.judge(
                    view,
                    record.hops(),
                    around.config().maxHops(),
                    around.clock().millis());
        } catch (EventMeshException transientFailure) {
            settle(delivery, transientFailure);
            return;
        } catch (RuntimeException defect) {
            log.error("Rule failed. bus={} position={}", pattern.bus(), delivery.position(), defect);
            settle(delivery, EventMeshException.of(defect));
            return;
        }
        around.meters().judged(results.size());
        if (results.isEmpty()) {
            settle(delivery, null);
            return;
        }
        CompletableFuture<?>[] stored = around.mesh().publish(context, results).stream()
                .map(CompletionStage::toCompletableFuture)
                .toArray(CompletableFuture<?>[]::new);
        CompletionStage<Void> allStored = CompletableFuture.allOf(stored);
        allStored.whenComplete(
                (all, failure) -> settle(delivery, failure == null ? null : EventMeshException.of(failure)));
    }

    private void settle(Delivery delivery, @Nullable EventMeshException failure) {
        inJudgement.decrementAndGet();
        Member to = member;
        if (to == null) {
            return;
        }
        if (failure == null) {
            to.ack(delivery.id());
        } else {
            around.meters().released();
            to.release(delivery.id(), Duration.ZERO);
        }
        to.request(1, delivery.record().event().size());
    }

    @Override
    public void closed(@Nullable EventMeshException cause) {
        member = null;
        if (!closed) {
            retry(
                    cause == null
                            ? new EventMeshException(ErrorCode.SHUTTING_DOWN, "the mesh ended the subscription")
                            : cause);
        }
    }

    @Override
    public void close() {
        closed = true;
        Member leaving = member;
        if (leaving != null) {
            leaving.close();
        }
    }
}
