package io.eventmesh.runtime.mesh;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TurnsTest {
    private final Turns<String> turns = new Turns<>();
    private final List<String> begun = new ArrayList<>();

    private CompletionStage<String> take(String thing, String name, CompletionStage<String> turn) {
        return turns.take(thing, () -> {
            begun.add(name);
            return turn;
        });
    }

    @Test
    void aTurnBeginsWhenTheOneBeforeItIsOver() {
        CompletableFuture<String> first = new CompletableFuture<>();
        CompletionStage<String> one = take("a", "1", first);
        CompletionStage<String> two = take("a", "2", CompletableFuture.completedStage("two"));
        CompletionStage<String> other = take("b", "3", CompletableFuture.completedStage("three"));
        assertThat(begun).containsExactly("1", "3");
        assertThat(other.toCompletableFuture()).isCompletedWithValue("three");

        first.complete("one");

        assertThat(begun).containsExactly("1", "3", "2");
        assertThat(one.toCompletableFuture()).isCompletedWithValue("one");
        assertThat(two.toCompletableFuture()).isCompletedWithValue("two");
    }

    @Test
    void aTurnThatFailsOrThrowsFreesTheThing() {
        CompletionStage<String> failed =
                take("a", "1", CompletableFuture.failedStage(new EventMeshException(ErrorCode.STORAGE_FULL, "full")));
        CompletionStage<String> threw = turns.take("a", () -> {
            throw new EventMeshException(ErrorCode.QUOTA_EXCEEDED, "too many");
        });

        assertThat(failed.toCompletableFuture()).isCompletedExceptionally();
        assertThat(threw.toCompletableFuture()).isCompletedExceptionally();
        assertThat(take("a", "2", CompletableFuture.completedStage("two")).toCompletableFuture())
                .isCompletedWithValue("two");
    }

    @Test
    void noTwoTurnsOfAThingAreAtOnceHoweverManyThreadsTakeThem() {
        AtomicInteger inside = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        List<CompletableFuture<Integer>> all = IntStream.range(0, 2_000)
                .parallel()
                .mapToObj(i -> turns.take("a", () -> {
                            most.accumulateAndGet(inside.incrementAndGet(), Math::max);
                            return CompletableFuture.supplyAsync(inside::decrementAndGet);
                        })
                        .toCompletableFuture())
                .toList();

        CompletableFuture.allOf(all.toArray(new CompletableFuture<?>[0])).join();

        assertThat(most).hasValue(1);
    }
}
