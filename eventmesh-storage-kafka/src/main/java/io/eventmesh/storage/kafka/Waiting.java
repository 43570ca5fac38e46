package io.eventmesh.storage.kafka;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Waits with a deadline, where blocking is allowed: in start and close. */
final class Waiting {
    private Waiting() {}

    /** @throws EventMeshException what the stage failed with, STORAGE_UNAVAILABLE when there is no answer in time */
    static <T> T until(CompletionStage<T> stage, Duration atMost, String what) {
        try {
            return stage.toCompletableFuture().get(atMost.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException failed) {
            throw Clients.failure(failed);
        } catch (TimeoutException late) {
            throw new EventMeshException(
                    ErrorCode.STORAGE_UNAVAILABLE,
                    "kafka: no %s within %s (expected: an answer)".formatted(what, atMost),
                    late);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new EventMeshException(
                    ErrorCode.SHUTTING_DOWN, "interrupted while waiting for %s".formatted(what), interrupted);
        }
    }
}
