package io.eventmesh.runtime.mesh.lane;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.time.Scheduler;
import io.eventmesh.common.topic.TopicPattern;
import io.eventmesh.runtime.delivery.Cause;
import io.eventmesh.spi.mesh.CallContext;
import io.eventmesh.spi.mesh.SubscribeTerms;
import io.eventmesh.spi.storage.DeliveryTerms;
import io.eventmesh.spi.storage.EventRecord;
import io.eventmesh.spi.storage.Start;
import io.eventmesh.spi.target.Outcome;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** The outbox of one bus: its member sends each event to the event's target. Thread-safe. */
final class BusLanes implements SendingMember.Way, AutoCloseable {
    /** What a target may have in memory is bounded by its flow. */
    private static final int WINDOW = 1 << 20;

    private final TargetLanes.Bus bus;
    private final SendingMember member;
    private volatile Map<String, Sending> targets = Map.of();

    BusLanes(TargetLanes.Bus bus, Outbox outbox, CallContext context, Scheduler scheduler) {
        this.bus = bus;
        SubscribeTerms terms = new SubscribeTerms(
                "_targets/" + bus.name(),
                TopicPattern.of("_t/" + bus.namespace() + "/" + bus.name()),
                Start.earliest(),
                DeliveryTerms.DEFAULT,
                context.principal().name());
        this.member = new SendingMember(
                outbox, context.inNamespace(bus.namespace()), terms, new TargetLaneRule(), this, scheduler);
    }

    /** @param sendings by {@code rule/target} */
    void use(Map<String, Sending> sendings) {
        targets = Map.copyOf(sendings);
    }

    /** Subscribes, and goes on trying until closed. */
    void join() {
        member.joinForGood();
    }

    private @Nullable Sending target(EventRecord record) {
        String target = record.target();
        return target == null ? null : targets.get(target);
    }

    @Override
    public @Nullable Cause unknown(EventRecord record) {
        return target(record) != null
                ? null
                : new Cause(
                        "unknown-target",
                        ErrorCode.NOT_FOUND,
                        "target: '%s' (expected: one of a rule of bus '%s')".formatted(record.target(), bus.name()));
    }

    @Override
    public CompletionStage<Outcome> send(EventRecord record, int attempt) {
        Sending target = target(record);
        return target == null
                ? CompletableFuture.completedStage(
                        new Outcome.Again(ErrorCode.NOT_FOUND, "the target is gone", SendingMember.UNKNOWN))
                : target.send(record, attempt);
    }

    @Override
    public int window() {
        return WINDOW;
    }

    @Override
    public boolean comesBack(EventMeshException cause) {
        return cause.code() != ErrorCode.SHUTTING_DOWN;
    }

    @Override
    public void close() {
        member.close();
    }
}
