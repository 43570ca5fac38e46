package io.eventmesh.admin.rest;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Waits, on a thread that may, for what others answer. */
final class Answers {
    private Answers() {}

    /**
     * The answer.
     *
     * @param who is asked
     * @throws EventMeshException what the stage failed with, DEADLINE_EXCEEDED, SHUTTING_DOWN
     */
    static <T> T of(String who, int seconds, CompletionStage<T> stage) {
        try {
            return stage.toCompletableFuture().get(seconds, TimeUnit.SECONDS);
        } catch (ExecutionException failure) {
            throw EventMeshException.of(failure);
        } catch (TimeoutException late) {
            throw new EventMeshException(
                    ErrorCode.DEADLINE_EXCEEDED, "%s: no answer (expected: within %d s)".formatted(who, seconds), late);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new EventMeshException(ErrorCode.SHUTTING_DOWN, "admin: closing (expected: running)", interrupted);
        }
    }
}
