package io.eventmesh.storage.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Waits for answers in tests. */
final class Answers {
    private static final long SECONDS = 30;

    private Answers() {}

    static <T> T of(CompletionStage<T> stage) {
        try {
            return stage.toCompletableFuture().get(SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException failed) {
            throw EventMeshException.of(failed);
        } catch (TimeoutException | InterruptedException late) {
            throw new AssertionError("no answer within %s s".formatted(SECONDS), late);
        }
    }

    /** The code by which the stage fails. */
    static ErrorCode refusal(CompletionStage<?> stage) {
        try {
            Object answer = of(stage);
            throw new AssertionError("answered: " + answer + " (expected: refused)");
        } catch (EventMeshException refused) {
            assertThat(refused.reason()).contains("expected");
            return refused.code();
        }
    }
}
