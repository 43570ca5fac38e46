package io.eventmesh.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.lifecycle.Component;
import io.eventmesh.common.time.Scheduler;
import io.eventmesh.testkit.ComponentContractTest;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class RuntimeThreadsTest extends ComponentContractTest {
    private final RuntimeThreads threads = new RuntimeThreads(2, 1, 1);

    @Override
    protected Component component() {
        return new RuntimeThreads(2);
    }

    @AfterEach
    void close() {
        threads.close();
    }

    @Test
    void eachPoolHasItsName() throws Exception {
        assertThat(nameOn(threads.dispatch()::execute)).startsWith("mesh-dispatch-");
        assertThat(nameOn(threads.blocking()::execute)).startsWith("mesh-blocking-");
        assertThat(nameOn(task -> threads.scheduler().schedule(Duration.ZERO, task)))
                .isEqualTo("mesh-timer-1");
    }

    @Test
    void theBlockingPoolRefusesWhatItsQueueCannotHold() {
        CountDownLatch release = new CountDownLatch(1);
        Runnable occupied = () -> await(release);
        threads.blocking().execute(occupied);
        threads.blocking().execute(occupied);

        assertThatThrownBy(() -> threads.blocking().execute(occupied))
                .isInstanceOfSatisfying(EventMeshException.class, refusal -> {
                    assertThat(refusal.code()).isEqualTo(ErrorCode.OVERLOADED);
                    assertThat(refusal).hasMessageContaining("mesh-blocking queue: 1");
                });
        release.countDown();
    }

    @Test
    void aCancelledTimerDoesNotFireAndAFailingOneDoesNotStopOthers() throws Exception {
        Scheduler scheduler = threads.scheduler();
        AtomicBoolean fired = new AtomicBoolean();
        CompletableFuture<String> last = new CompletableFuture<>();

        Scheduler.Timer cancelled = scheduler.schedule(Duration.ofMillis(30), () -> fired.set(true));
        cancelled.cancel();
        scheduler.schedule(Duration.ZERO, () -> {
            throw new IllegalStateException("expected by the test");
        });
        scheduler.schedule(Duration.ofMillis(60), () -> last.complete("last"));

        assertThat(last.get(5, TimeUnit.SECONDS)).isEqualTo("last");
        assertThat(fired).isFalse();
    }

    @Test
    void afterCloseWorkIsRefusedAndTimersAreForgotten() {
        threads.close();

        assertThatThrownBy(() -> threads.dispatch().execute(() -> {}))
                .extracting(failure -> ((EventMeshException) failure).code())
                .isEqualTo(ErrorCode.SHUTTING_DOWN);
        threads.scheduler().schedule(Duration.ZERO, () -> {}).cancel();
    }

    private static String nameOn(Consumer<Runnable> executor) throws Exception {
        CompletableFuture<String> name = new CompletableFuture<>();
        executor.accept(() -> name.complete(Thread.currentThread().getName()));
        return name.get(5, TimeUnit.SECONDS);
    }

    private static void await(CountDownLatch latch) {
        try {
            if (!latch.await(10, TimeUnit.SECONDS)) {
                throw new AssertionError("never released");
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
