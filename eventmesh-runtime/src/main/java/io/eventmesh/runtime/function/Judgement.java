package io.eventmesh.runtime.function;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.thread.Stages;
import io.eventmesh.common.topic.TopicName;
import io.eventmesh.rules.Rule;
import io.eventmesh.rules.TargetName;
import io.eventmesh.rules.Verdict;
import io.eventmesh.spi.function.EventView;
import io.eventmesh.spi.mesh.CallContext;
import io.eventmesh.spi.mesh.Delivery;
import io.eventmesh.spi.mesh.Mesh;
import io.eventmesh.spi.mesh.Outgoing;
import io.eventmesh.spi.storage.Position;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * One event in judgement: the rules that take it are applied, their results stored, then it is done. What cannot be done
 * at this moment is tried again by the same rules for a while, so that the others' results are not made twice. One step at
 * a time, each after the one before.
 */
final class Judgement {
    /** Shorter than the group waits for an answer. */
    private static final int MAX_ATTEMPTS = 8;

    private static final Duration FIRST_PAUSE = Duration.ofMillis(100);

    /** What judgements of one subscription have in common. */
    record Court(
            RuleMeters.OfSource counts,
            CallContext context,
            Mesh mesh,
            int maxHops,
            Letters letters,
            RuleMeters meters,
            TopicName outbox,
            LongSupplier nanoTime) {}

    /** A result, and what becomes of the event should the mesh never take it. */
    private record Result(Outgoing outgoing, Rule rule, int target, boolean letter) {}

    private final Court court;
    private final Delivery delivery;
    private final EventView view;
    private final CallContext context;
    private final @Nullable String onlyTarget;
    private List<Rule> rules;
    private List<Result> unstored = new ArrayList<>();
    private @Nullable EventMeshException trouble;
    private int attempts;

    /** @param onlyTarget the one to which the result goes; null for all of a rule */
    Judgement(Court court, Delivery delivery, EventView view, List<Rule> rules, @Nullable String onlyTarget) {
        this.court = court;
        this.delivery = delivery;
        this.view = view;
        this.rules = rules;
        this.onlyTarget = onlyTarget;
        // events without a key keep the order of the partition that they come from
        CallContext common = court.context();
        this.context = new CallContext(
                common.principal(),
                common.namespace(),
                common.door(),
                delivery.position().partition().hashCode(),
                0,
                null,
                null);
    }

    Delivery delivery() {
        return delivery;
    }

    /** Whether its rules take microseconds. */
    boolean isQuick() {
        for (Rule rule : rules) {
            if (!rule.chain().isQuick()) {
                return false;
            }
        }
        return true;
    }

    /** How long to wait before the next step. */
    Duration pause() {
        return FIRST_PAUSE.multipliedBy(1L << Math.min(attempts, 6));
    }

    /**
     * Applies what is not applied yet and publishes what is not stored yet.
     *
     * @param then told, on any thread, null when all is done; a retryable failure for another step after a pause; any
     *     other when nobody takes the event
     */
    void step(Consumer<@Nullable EventMeshException> then) {
        trouble = null;
        attempts++;
        List<Result> results = unstored;
        List<Rule> later = new ArrayList<>(0);
        for (Rule rule : rules) {
            apply(rule, results, later);
        }
        rules = later;
        if (results.isEmpty()) {
            then.accept(trouble);
            return;
        }
        unstored = new ArrayList<>(0);
        court.meters().published(results.size());
        List<Outgoing> outgoing = new ArrayList<>(results.size());
        results.forEach(result -> outgoing.add(result.outgoing()));
        List<CompletionStage<Position>> stored = court.mesh().publish(context, outgoing);
        if (areStored(stored)) {
            then.accept(trouble);
            return;
        }
        CompletableFuture<?>[] answers =
                stored.stream().map(CompletionStage::toCompletableFuture).toArray(CompletableFuture<?>[]::new);
        CompletableFuture<Void> all = CompletableFuture.allOf(answers);
        all.whenComplete((done, failure) -> {
            if (failure != null) {
                sort(results, stored);
            }
            then.accept(trouble);
        });
    }

    /** As a storage in memory answers: nothing is to be waited for. */
    private static boolean areStored(List<CompletionStage<Position>> stored) {
        for (CompletionStage<Position> each : stored) {
            if (!Stages.hasSucceeded(each)) {
                return false;
            }
        }
        return true;
    }

    private void apply(Rule rule, List<Result> results, List<Rule> later) {
        RuleMeters.OfRule counts = court.meters().of(rule);
        long from = rule.chain().isEmpty() ? 0 : court.nanoTime().getAsLong();
        Verdict verdict = rule.apply(view, delivery.record().hops(), court.maxHops());
        if (!rule.chain().isEmpty()) {
            counts.applied.increment();
            long took = court.nanoTime().getAsLong() - from;
            counts.nanos.add(took);
            court.counts().applying.add(took);
        }
        if (verdict instanceof Verdict.Taken taken) {
            counts.taken.increment();
            counts.skipped.add(taken.skipped());
            for (int target = 0; target < rule.targets().size(); target++) {
                if (isWanted(rule.targets().get(target))) {
                    String header = rule.headers().get(target);
                    Outgoing outgoing = new Outgoing(
                            court.outbox(),
                            taken.result(),
                            header,
                            delivery.record().hops() + 1);
                    results.add(new Result(outgoing, rule, target, false));
                }
            }
        } else if (verdict instanceof Verdict.Dropped) {
            counts.dropped.increment();
        } else if (verdict instanceof Verdict.Failed failed) {
            counts.failed.increment();
            bury(rule, Letters.Reason.permanent(failed.stage(), failed.reason(), failed.why()), results);
        } else if (verdict instanceof Verdict.Again again && attempts < MAX_ATTEMPTS) {
            counts.again.increment();
            trouble = again.why();
            later.add(rule);
        } else if (verdict instanceof Verdict.Again again) {
            counts.failed.increment();
            bury(rule, new Letters.Reason("transform", "transform-failed", again.why(), attempts, "attempts"), results);
        }
    }

    private boolean isWanted(TargetName target) {
        return onlyTarget == null || onlyTarget.equals(target.target());
    }

    private void bury(Rule rule, Letters.Reason reason, List<Result> results) {
        for (int target = 0; target < rule.targets().size(); target++) {
            if (isWanted(rule.targets().get(target))) {
                results.add(new Result(court.letters().of(delivery, rule, target, reason), rule, target, true));
            }
        }
    }

    /** Some were refused: those that may be taken later wait, the others become dead letters. */
    private void sort(List<Result> results, List<CompletionStage<Position>> stored) {
        for (int i = 0; i < results.size(); i++) {
            Result result = results.get(i);
            stored.get(i).whenComplete((position, thrown) -> {
                if (thrown == null) {
                    return;
                }
                EventMeshException refusal = EventMeshException.of(thrown);
                if (refusal.retryable() || refusal.code() == ErrorCode.INTERNAL) {
                    unstored.add(result);
                    trouble = refusal;
                } else if (result.letter()) {
                    trouble = refusal;
                } else {
                    court.meters().of(result.rule()).failed.increment();
                    Letters.Reason why = Letters.Reason.permanent("publish", "publish-refused", refusal);
                    Outgoing letter = court.letters().of(delivery, result.rule(), result.target(), why);
                    unstored.add(new Result(letter, result.rule(), result.target(), true));
                    trouble =
                            trouble == null ? new EventMeshException(ErrorCode.OVERLOADED, refusal.reason()) : trouble;
                }
            });
        }
    }

    /** Whether it has been tried often enough for now. */
    boolean isExhausted() {
        return attempts >= MAX_ATTEMPTS;
    }
}
