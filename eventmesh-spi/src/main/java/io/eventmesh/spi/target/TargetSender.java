package io.eventmesh.spi.target;

import io.eventmesh.spi.storage.EventRecord;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Sends events to one destination.
 *
 * <p>Thread-safe, never blocks; the lane that uses it bounds how much is in flight, retries and dead-letters.
 */
public interface TargetSender extends AutoCloseable {
    /** Bytes of the records beyond which no batch grows; one record may be larger, and goes alone. */
    int BATCH_BYTES = 1 << 20;

    /**
     * Asks the destination whether it wants events, where its kind knows such a question; called before the first
     * event, and again when the answer was {@link Outcome.Again} or when somebody wants to know anew. Never fails: every
     * failure is an outcome.
     */
    default CompletionStage<Outcome> prepare() {
        return CompletableFuture.completedStage(new Outcome.Done());
    }

    /** How many events a minute the destination has allowed, as far as that is known by now; 0 for any number. */
    default int allowedPerMinute() {
        return 0;
    }

    /** How many events one call takes; 1 for no batches. */
    default int maxBatch() {
        return 1;
    }

    /** Sends one event. The stage never fails: every failure is an outcome. */
    CompletionStage<Outcome> send(EventRecord record, int attempt);

    /**
     * Sends events together, at most {@link #maxBatch}, and answers the outcome of each, in their order. The stage never
     * fails.
     *
     * <p>When the destination refuses a batch for good they are sent one after another, so that one that it cannot take
     * does not take others along; that ends at the first that is to come again, whose outcome those behind it share.
     */
    default CompletionStage<List<Outcome>> send(List<Attempt> batch) {
        return oneByOne(batch, new ArrayList<>());
    }

    private CompletionStage<List<Outcome>> oneByOne(List<Attempt> batch, List<Outcome> outcomes) {
        Outcome last = new Outcome.Done();
        while (outcomes.size() < batch.size()) {
            if (last instanceof Outcome.Done || last instanceof Outcome.Never) {
                Attempt next = batch.get(outcomes.size());
                CompletableFuture<Outcome> sent =
                        send(next.record(), next.number()).toCompletableFuture();
                if (!sent.isDone()) {
                    return sent.thenCompose(outcome -> {
                        outcomes.add(outcome);
                        return rest(batch, outcomes, outcome);
                    });
                }
                last = sent.getNow(last);
            }
            outcomes.add(last);
        }
        return CompletableFuture.completedStage(List.copyOf(outcomes));
    }

    private CompletionStage<List<Outcome>> rest(List<Attempt> batch, List<Outcome> outcomes, Outcome last) {
        if (last instanceof Outcome.Done || last instanceof Outcome.Never) {
            return oneByOne(batch, outcomes);
        }
        while (outcomes.size() < batch.size()) {
            outcomes.add(last);
        }
        return CompletableFuture.completedStage(List.copyOf(outcomes));
    }

    @Override
    void close();
}
