package io.eventmesh.runtime.mesh;

import io.eventmesh.common.error.EventMeshException;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/**
 * Puts what concerns the same thing in a row: a turn begins when the one before it has completed, well or badly. The
 * first begins at once, on the calling thread. A turn must not wait for another turn of its own thing. Thread-safe.
 *
 * @param <K> what is taken care of
 */
final class Turns<K> {
    private final Map<K, CompletableFuture<Void>> last = new ConcurrentHashMap<>();

    /** Completes with what the turn completes with, after the thing is free again. */
    <T> CompletionStage<T> take(K thing, Supplier<CompletionStage<T>> turn) {
        CompletableFuture<Void> over = new CompletableFuture<>();
        CompletableFuture<T> answer = new CompletableFuture<>();
        CompletableFuture<Void> before = last.put(thing, over);
        CompletionStage<T> result = before == null ? run(turn) : before.thenCompose(unused -> run(turn));
        result.whenComplete((value, failure) -> {
            last.remove(thing, over);
            over.complete(null);
            if (failure == null) {
                answer.complete(value);
            } else {
                answer.completeExceptionally(EventMeshException.of(failure));
            }
        });
        return answer;
    }

    private static <T> CompletionStage<T> run(Supplier<CompletionStage<T>> turn) {
        try {
            return turn.get();
        } catch (RuntimeException failure) {
            return CompletableFuture.failedStage(failure);
        }
    }
}
