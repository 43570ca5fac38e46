package io.eventmesh.function.jsonata;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.IntNode;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.function.Samples;
import io.eventmesh.spi.function.EventView;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Phaser;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What happens should an evaluation not stop after all, which no expression is known to do. */
class LeftBehindTest {
    private static final EventView EVENT = Samples.json("1");

    private final EvaluationPool pool = new EvaluationPool();
    private final Phaser running = new Phaser(1);
    private volatile boolean over;

    @AfterEach
    void end() {
        over = true;
    }

    /** Uses processor time until the test is over, whatever its budget says. */
    private final class Endless implements Evaluable {
        @Override
        public Weights weights() {
            return new Weights(false, false);
        }

        @Override
        public JsonNode evaluate(JsonNode input, Surroundings surroundings) {
            running.register();
            while (!over) {
                Thread.onSpinWait();
            }
            running.arriveAndDeregister();
            return input;
        }
    }

    private static final class Quick implements Evaluable {
        @Override
        public Weights weights() {
            return new Weights(false, false);
        }

        @Override
        public JsonNode evaluate(JsonNode input, Surroundings surroundings) {
            return IntNode.valueOf(7);
        }
    }

    @Test
    void threadsThatDoNotStopAreCountedAndTheExpressionIsDisabledAfterTwo() {
        JsonataTransformer endless = new JsonataTransformer(Endless::new, "r1", 20, pool);

        for (int i = 0; i < JsonataTransformer.MAX_LEFT_BEHIND; i++) {
            assertThat(endless.disabled()).isEmpty();
            assertThatThrownBy(() -> endless.apply(EVENT))
                    .isInstanceOfSatisfying(
                            EventMeshException.class,
                            late -> assertThat(late.code()).isEqualTo(ErrorCode.DEADLINE_EXCEEDED))
                    .hasMessageContaining("did not stop within 20 ms");
        }

        assertThat(endless.disabled()).contains("2 evaluations did not stop in time");
        assertThatThrownBy(() -> endless.apply(EVENT)).hasMessageContaining("disabled: 2 evaluations");
        assertThat(running.getUnarrivedParties()).isEqualTo(3);
        assertOthersHaveAllTheirThreads();
        over = true;
        await().until(() -> running.getRegisteredParties() == 1);
    }

    private void assertOthersHaveAllTheirThreads() {
        JsonataTransformer other = new JsonataTransformer(Quick::new, "r2", 500, pool);
        ExecutorService callers = Executors.newFixedThreadPool(4);
        try {
            List<CompletableFuture<String>> results = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                results.add(CompletableFuture.supplyAsync(() -> Samples.data(other.apply(EVENT)), callers));
            }
            assertThat(results).allSatisfy(result -> assertThat(result.join()).isEqualTo("7"));
        } finally {
            callers.shutdownNow();
        }
    }
}
