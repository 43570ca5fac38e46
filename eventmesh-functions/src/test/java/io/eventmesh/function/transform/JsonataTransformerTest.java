package io.eventmesh.function.transform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.function.Samples;
import io.eventmesh.spi.function.EventView;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class JsonataTransformerTest {
    private static final String WITHOUT_END = "($f := function($n) { $f($n + 1) }; $f(0))";

    private final ScheduledThreadPoolExecutor pool = new ScheduledThreadPoolExecutor(1);
    private final ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(1);

    private static EventView event() {
        return Samples.json("{\"qty\": 3}");
    }

    @AfterEach
    void stop() {
        pool.shutdownNow();
        timer.shutdownNow();
    }

    @Test
    void anEvaluationThatWaitsForAThreadIsNotTakenForOneThatDoesNotStop() {
        CountDownLatch free = new CountDownLatch(1);
        pool.execute(() -> {
            try {
                free.await();
            } catch (InterruptedException over) {
                Thread.currentThread().interrupt();
            }
        });
        timer.schedule(free::countDown, 2 * JsonataTransformer.TIME_LIMIT_MILLIS + 200, TimeUnit.MILLISECONDS);
        JsonataTransformer transformer = new JsonataTransformer("data.qty", pool);

        assertThat(Samples.data(transformer.apply(event()))).isEqualTo("3");
    }

    @Test
    void oneThatUsesUpItsTimeIsRefusedForGood() {
        JsonataTransformer transformer = new JsonataTransformer(WITHOUT_END, pool);

        assertThatThrownBy(() -> transformer.apply(event()))
                .isInstanceOfSatisfying(
                        EventMeshException.class,
                        refused -> assertThat(refused.code()).isEqualTo(ErrorCode.RULE_INVALID));
    }
}
