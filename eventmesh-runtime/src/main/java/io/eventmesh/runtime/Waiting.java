package io.eventmesh.runtime;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Waits for a stage at start and stop, where the starting thread has nothing better to do. */
final class Waiting {
    private Waiting() {}

    /** @throws EventMeshException what the stage failed with, or META_UNAVAILABLE after the time */
    static <T> T of(CompletionStage<T> stage, Duration patience) {
        try {
            return stage.toCompletableFuture().get(patience.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException failure) {
            throw EventMeshException.of(failure);
        } catch (TimeoutException late) {
            throw new EventMeshException(
                    ErrorCode.META_UNAVAILABLE,
                    "the meta store did not answer within " + patience.toSeconds() + " s",
                    late);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new EventMeshException(ErrorCode.SHUTTING_DOWN, "interrupted while waiting", interrupted);
        }
    }
}
