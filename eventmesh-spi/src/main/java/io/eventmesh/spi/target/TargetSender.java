package io.eventmesh.spi.target;

import io.eventmesh.spi.storage.EventRecord;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Sends events to one destination.
 *
 * <p>Thread-safe, never blocks; the lane that uses it bounds how much is in flight, retries and dead-letters.
 */
public interface TargetSender extends AutoCloseable {
    /**
     * Asks the destination whether it wants events, where its kind knows such a question; called before the first
     * event, and again when the answer was {@link Outcome.Again}. Never fails: every failure is an outcome.
     */
    default CompletionStage<Outcome> prepare() {
        return CompletableFuture.completedStage(new Outcome.Done());
    }

    /** How many events a minute the destination has allowed, as far as that is known by now; 0 for any number. */
    default int allowedPerMinute() {
        return 0;
    }

    /** Sends one event. The stage never fails: every failure is an outcome. */
    CompletionStage<Outcome> send(EventRecord record, int attempt);

    @Override
    void close();
}
