package io.eventmesh.common.thread;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class SerialExecutorTest {
    private final Queue<Runnable> backing = new ArrayDeque<>();
    private final AtomicLong nanos = new AtomicLong();
    private final SerialExecutor serial = new SerialExecutor(backing::add, nanos::get);
    private final List<String> ran = new ArrayList<>();

    @Test
    void anIdleExecutorRunsAStepInline() {
        serial.execute(() -> ran.add("step"));

        assertThat(ran).containsExactly("step");
        assertThat(backing).isEmpty();
        assertThat(serial.pending()).isZero();
    }

    @Test
    void aStepThatSubmitsAnotherNeverRunsItInsideItself() {
        serial.execute(() -> {
            serial.execute(() -> ran.add("inner"));
            ran.add("outer");
        });

        assertThat(ran).containsExactly("outer", "inner");
    }

    @Test
    void afterItsShareOfStepsTheRestGoesToTheBackingExecutor() {
        serial.execute(() -> {
            for (int i = 0; i < 1100; i++) {
                serial.execute(() -> ran.add("x"));
            }
        });

        assertThat(ran).hasSize(1023);
        assertThat(backing).hasSize(1);
        runBacking();
        assertThat(ran).hasSize(1100);
        assertThat(serial.pending()).isZero();
    }

    @Test
    void afterItsShareOfTimeTheRestGoesToTheBackingExecutor() {
        serial.execute(() -> {
            for (int i = 0; i < 40; i++) {
                serial.execute(() -> {
                    ran.add("slow");
                    nanos.addAndGet(100_000);
                });
            }
        });

        assertThat(ran).hasSize(23);
        runBacking();
        assertThat(ran).hasSize(40);
    }

    @Test
    void aStepWithArgumentsRunsInlineOrWaitsItsTurn() {
        SerialExecutor.Step<List<String>> step = (about, first, second) -> about.add(first + ":" + second);

        serial.execute(step, ran, 1, 2);
        serial.execute(() -> {
            serial.execute(step, ran, 3, 4);
            ran.add("outer");
        });

        assertThat(ran).containsExactly("1:2", "outer", "3:4");
        assertThat(serial.pending()).isZero();
    }

    @Test
    void whatIsSubmittedElsewhereWaitsForHomeAndKeepsItsPlace() {
        AtomicBoolean here = new AtomicBoolean();
        SerialExecutor homely = SerialExecutor.at(backing::add, here::get, nanos::get);

        homely.execute(() -> ran.add("elsewhere 1"));
        homely.execute((about, first, second) -> about.add("elsewhere " + first), ran, 2, 0);
        assertThat(ran).isEmpty();
        assertThat(backing).hasSize(1);
        here.set(true);
        homely.execute(() -> ran.add("at home"));
        assertThat(ran).isEmpty();
        runBacking();

        assertThat(ran).containsExactly("elsewhere 1", "elsewhere 2", "at home");
        homely.execute(() -> ran.add("inline"));
        assertThat(ran).hasSize(4);
        assertThat(backing).isEmpty();
    }

    @Test
    void aFailingStepWithArgumentsDoesNotStopTheOthers() {
        serial.execute(
                (about, first, second) -> {
                    throw new IllegalStateException("expected by the test");
                },
                ran,
                0,
                0);
        serial.execute(() -> ran.add("next"));

        assertThat(ran).containsExactly("next");
    }

    @Test
    void whatComesAfterwardsComesOnceAfterStepsThatRanTogetherAndBeforeAHandOver() {
        SerialExecutor watched = new SerialExecutor(backing::add, nanos::get, () -> ran.add("after"));

        watched.execute(() -> ran.add("one"));
        watched.execute(() -> {
            watched.execute(() -> ran.add("inner"));
            ran.add("outer");
        });
        assertThat(ran).containsExactly("one", "after", "outer", "inner", "after");
        ran.clear();
        watched.execute(() -> {
            for (int i = 0; i < 1100; i++) {
                watched.execute(() -> ran.add("x"));
            }
        });

        assertThat(ran).hasSize(1024).endsWith("x", "after");
        runBacking();
        assertThat(ran).hasSize(1102).endsWith("x", "after");
    }

    @Test
    void whatComesAfterwardsMaySubmitAndMayFail() {
        List<Runnable> more = new ArrayList<>();
        SerialExecutor[] watched = new SerialExecutor[1];
        watched[0] = new SerialExecutor(backing::add, nanos::get, () -> {
            ran.add("after");
            more.forEach(watched[0]::execute);
            more.clear();
            throw new IllegalStateException("expected by the test");
        });
        more.add(() -> ran.add("more"));

        watched[0].execute(() -> ran.add("one"));

        assertThat(ran).containsExactly("one", "after", "more", "after");
        assertThat(watched[0].pending()).isZero();
    }

    @Test
    void aStepForLaterNeverRunsOnTheCallersStack() {
        serial.executeLater(() -> ran.add("later"));
        assertThat(ran).isEmpty();

        runBacking();

        assertThat(ran).containsExactly("later");
    }

    @Test
    void aFailingStepDoesNotStopTheOthers() {
        serial.execute(() -> {
            throw new IllegalStateException("expected by the test");
        });
        serial.execute(() -> ran.add("next"));

        assertThat(ran).containsExactly("next");
        assertThat(serial.pending()).isZero();
    }

    @Test
    void stepsOfManyThreadsRunOneAtATimeEachOnce() throws Exception {
        ExecutorService pool = Executors.newFixedThreadPool(4, new NamedThreads("test"));
        SerialExecutor shared = new SerialExecutor(pool, System::nanoTime);
        AtomicBoolean inside = new AtomicBoolean();
        AtomicBoolean overlapped = new AtomicBoolean();
        long[] unguarded = new long[1];
        int each = 10_000;
        CountDownLatch done = new CountDownLatch(4 * each);
        for (int thread = 0; thread < 4; thread++) {
            pool.execute(() -> {
                for (int i = 0; i < each; i++) {
                    shared.execute(() -> {
                        if (!inside.compareAndSet(false, true)) {
                            overlapped.set(true);
                        }
                        unguarded[0]++;
                        inside.set(false);
                        done.countDown();
                    });
                }
            });
        }

        assertThat(done.await(20, TimeUnit.SECONDS)).isTrue();
        pool.shutdownNow();
        assertThat(unguarded[0]).isEqualTo(4L * each);
        assertThat(overlapped).isFalse();
    }

    @Test
    void whatComesAfterwardsSeesTheLastStepWhoeverRanIt() throws Exception {
        for (int round = 0; round < 200; round++) {
            ExecutorService pool = Executors.newFixedThreadPool(3, new NamedThreads("test"));
            long[] unguarded = new long[1];
            AtomicLong seen = new AtomicLong();
            SerialExecutor shared = new SerialExecutor(pool, System::nanoTime, () -> seen.set(unguarded[0]));
            SerialExecutor.Step<long[]> step = (about, first, second) -> about[0] += first;
            int each = 50;
            CountDownLatch submitted = new CountDownLatch(3);
            for (int thread = 0; thread < 3; thread++) {
                pool.execute(() -> {
                    for (int i = 0; i < each; i++) {
                        shared.execute(step, unguarded, 1, 0);
                        shared.execute(() -> unguarded[0]++);
                    }
                    submitted.countDown();
                });
            }

            assertThat(submitted.await(20, TimeUnit.SECONDS)).isTrue();
            while (shared.pending() > 0) {
                Thread.onSpinWait();
            }
            assertThat(seen).hasValue(3L * each * 2);
            pool.shutdownNow();
        }
    }

    private void runBacking() {
        for (Runnable next = backing.poll(); next != null; next = backing.poll()) {
            next.run();
        }
    }
}
