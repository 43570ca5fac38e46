package io.eventmesh.runtime.function;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.common.time.Scheduler;
import io.eventmesh.common.topic.TopicName;
import io.eventmesh.rules.Rule;
import io.eventmesh.rules.RuleSet;
import io.eventmesh.rules.RuleSource;
import io.eventmesh.rules.TargetName;
import io.eventmesh.runtime.delivery.Membership;
import io.eventmesh.spi.function.EventView;
import io.eventmesh.spi.mesh.CallContext;
import io.eventmesh.spi.mesh.Delivery;
import io.eventmesh.spi.mesh.Member;
import io.eventmesh.spi.mesh.Mesh;
import io.eventmesh.spi.mesh.Receiver;
import io.eventmesh.spi.mesh.SubscribeTerms;
import io.eventmesh.spi.storage.DeliveryTerms;
import io.eventmesh.spi.storage.EventRecord;
import io.eventmesh.spi.storage.RetryPolicy;
import io.eventmesh.spi.storage.Start;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * This runtime's membership in one subscription of a group of rules: judges what is delivered, publishes the results, acks
 * when they are stored.
 *
 * <p>An event is judged by the set that is current when it is delivered, whatever it has to wait for afterwards. The member
 * comes back by itself when the mesh ends the membership. Thread-safe, never blocks.
 */
final class RuleMember implements Receiver, AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(RuleMember.class);
    private static final Duration BACK_OFF = Duration.ofSeconds(1);
    /** What the streams of redriven dead letters are called; see {@code Redrive}. */
    private static final String REDRIVEN = "_rd/";

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

    private final RuleSource source;
    private final Surroundings around;
    private final Judgement.Court court;
    private final SlowLane slow;
    private final RuleMeters.OfSource counts;
    private volatile RuleSet rules;
    private volatile @Nullable Membership<Member> membership;
    private final AtomicInteger inJudgement = new AtomicInteger();
    private final CompletableFuture<Void> idle = new CompletableFuture<>();
    private volatile boolean draining;
    private volatile boolean closed;
    private volatile @Nullable String problem = "not subscribed yet";

    RuleMember(RuleSource source, RuleSet rules, Surroundings around) {
        this.source = source;
        this.rules = rules;
        this.around = around;
        String namespace = source.group().bus().namespace();
        this.counts = around.meters().of(source);
        this.court = new Judgement.Court(
                counts,
                around.context().inNamespace(namespace),
                around.mesh(),
                around.config().maxHops(),
                new Letters(around.clock()),
                around.meters(),
                TopicName.of("_t/" + namespace + "/" + source.group().bus().name()),
                around.clock()::nanoTime);
        this.slow = new SlowLane(
                around.blocking(), around.scheduler(), around.config().slowAtOnce());
        around.meters().judging(source, rules.rules());
    }

    /** Subscribes, and goes on trying until closed. */
    void join() {
        if (closed) {
            return;
        }
        long since = rules.sinceMillis();
        SubscribeTerms terms = new SubscribeTerms(
                source.group().name(),
                source.pattern(),
                since == 0 ? Start.earliest() : new Start.AtTime(Instant.ofEpochMilli(since)),
                TERMS,
                around.context().principal().name());
        around.mesh().subscribe(court.context(), terms, this).whenComplete((joined, failure) -> {
            if (failure != null) {
                retry(EventMeshException.of(failure));
            } else {
                joined(joined);
            }
        });
    }

    private void joined(Member joined) {
        int events = around.config().maxInFlight();
        long bytes = around.config().maxInFlightBytes().bytes();
        membership = new Membership<>(joined, events, bytes);
        problem = null;
        if (closed) {
            joined.close();
            return;
        }
        joined.request(events, bytes);
    }

    private void retry(EventMeshException cause) {
        if (problem == null || !problem.equals(cause.reason())) {
            log.warn("Rules cannot read their events. group={} error={}", source, cause.reason());
        }
        problem = cause.reason();
        if (!closed) {
            around.scheduler().schedule(BACK_OFF, this::join);
        }
    }

    /** Judges by other rules from the next event on. */
    void use(RuleSet other) {
        if (rules != other) {
            rules = other;
            around.meters().judging(source, other.rules());
        }
    }

    /** Why it does not read, or null. */
    @Nullable
    String problem() {
        return problem;
    }

    @Override
    public void deliver(Delivery delivery) {
        Membership<Member> from = membership;
        if (from == null || draining) {
            return;
        }
        inJudgement.incrementAndGet();
        Judgement judgement;
        try {
            judgement = judgement(rules, delivery);
        } catch (RuntimeException defect) {
            log.error("Rules failed. group={} position={}", source, delivery.position(), defect);
            release(from, delivery);
            return;
        }
        if (judgement == null) {
            ack(from, delivery);
        } else {
            step(judgement, from);
        }
    }

    /** Null when no rule takes the event. */
    private @Nullable Judgement judgement(RuleSet current, Delivery delivery) {
        EventRecord record = delivery.record();
        EventView view = new EventView(record.topic(), record.event(), record.appendTimeMillis(), delivery.attempt());
        if (!current.judges(view)) {
            return null;
        }
        long before = around.clock().nanoTime();
        List<Rule> taking = current.taking(view);
        counts.nanos.add(around.clock().nanoTime() - before);
        counts.judged.increment();
        String onlyTarget = null;
        String header = record.target();
        if (header != null && delivery.position().partition().stream().name().startsWith(REDRIVEN)) {
            // a dead letter goes back to the rule that it comes from, and to no other
            TargetName of = TargetName.parse(header);
            onlyTarget = of.target();
            taking = taking.stream()
                    .filter(rule -> rule.name().equals(of.rule()))
                    .toList();
        }
        return taking.isEmpty() ? null : new Judgement(court, delivery, view, taking, onlyTarget);
    }

    private void step(Judgement judgement, Membership<Member> from) {
        if (judgement.isQuick()) {
            stepNow(judgement, from);
        } else {
            slow.execute(() -> stepNow(judgement, from));
        }
    }

    private void stepNow(Judgement judgement, Membership<Member> from) {
        try {
            judgement.step(trouble -> stepped(judgement, from, trouble));
        } catch (RuntimeException defect) {
            log.error(
                    "Rules failed. group={} position={}",
                    source,
                    judgement.delivery().position(),
                    defect);
            release(from, judgement.delivery());
        }
    }

    private void stepped(Judgement judgement, Membership<Member> from, @Nullable EventMeshException trouble) {
        if (trouble == null) {
            ack(from, judgement.delivery());
        } else if (!trouble.retryable() && trouble.code() != ErrorCode.INTERNAL) {
            from.member().reject(judgement.delivery().id(), trouble.reason());
            givenBack(from, judgement.delivery());
        } else if (judgement.isExhausted() || closed) {
            release(from, judgement.delivery());
        } else {
            around.scheduler().schedule(judgement.pause(), () -> step(judgement, from));
        }
    }

    private void ack(Membership<Member> from, Delivery delivery) {
        from.member().ack(delivery.id());
        givenBack(from, delivery);
    }

    private void release(Membership<Member> from, Delivery delivery) {
        around.meters().released();
        from.member().release(delivery.id(), Duration.ZERO);
        givenBack(from, delivery);
    }

    private void givenBack(Membership<Member> to, Delivery delivery) {
        if (inJudgement.decrementAndGet() == 0 && draining) {
            idle.complete(null);
        }
        to.settled(delivery.record().event().size());
    }

    /** Begins with nothing more; completes when what was begun is done. What comes meanwhile goes back at the end. */
    CompletionStage<Void> drain() {
        draining = true;
        if (inJudgement.get() == 0) {
            idle.complete(null);
        }
        return idle;
    }

    @Override
    public void closed(@Nullable EventMeshException cause) {
        membership = null;
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
        around.meters().judging(source, List.of());
        Membership<Member> leaving = membership;
        if (leaving != null) {
            leaving.member().leave();
        }
    }
}
