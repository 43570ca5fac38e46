package io.eventmesh.runtime.mesh;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Waits for stages at start and stop, where the thread has nothing better to do. */
final class Waits {
    private Waits() {}

    /** @throws EventMeshException what the stage failed with, or META_UNAVAILABLE after the time */
    static <T> T await(CompletionStage<T> stage, Duration patience, String who) {
        try {
            return awaitOrTimeout(stage, patience);
        } catch (TimeoutException late) {
            throw new EventMeshException(
                    ErrorCode.META_UNAVAILABLE,
                    "%s: no answer (expected: within %d s)".formatted(who, patience.toSeconds()),
                    late);
        }
    }

    static <T> T awaitOrTimeout(CompletionStage<T> stage, Duration patience) throws TimeoutException {
        try {
            return stage.toCompletableFuture().get(patience.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException failure) {
            throw EventMeshException.of(failure);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new EventMeshException(ErrorCode.SHUTTING_DOWN, "interrupted while waiting", interrupted);
        }
    }
}
