package io.eventmesh.admin.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.eventmesh.admin.database.Database;
import io.eventmesh.admin.database.DatabaseConfig;
import io.eventmesh.admin.database.OperationRow;
import io.eventmesh.admin.database.OperationRow.State;
import io.eventmesh.admin.database.OperationTable;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.thread.NamedThreads;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.common.time.Scheduler;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OperationRunnerTest {
    @TempDir
    Path directory;

    private final ScheduledExecutorService timer = Executors.newScheduledThreadPool(1, new NamedThreads("timer"));
    private final ExecutorService blocking = Executors.newFixedThreadPool(4, new NamedThreads("blocking"));
    private final AtomicLong term = new AtomicLong();
    private Database database;

    @BeforeEach
    void open() {
        database = new Database(DatabaseConfig.defaults(), directory);
        database.open();
        term.set(database.raiseTerm("here"));
    }

    @AfterEach
    void close() {
        timer.shutdownNow();
        blocking.shutdown();
        blocking.shutdownNow();
        database.close();
    }

    private OperationRunner runner(Step step) {
        Scheduler scheduler = (delay, task) -> {
            var future = timer.schedule(task, delay.toNanos(), TimeUnit.NANOSECONDS);
            return () -> future.cancel(false);
        };
        OperationRunner runner = new OperationRunner(
                database,
                () -> Optional.of(term.get()).filter(now -> now > 0),
                MeshClock.system(),
                scheduler,
                blocking);
        runner.kind("COUNT", step);
        runner.start();
        return runner;
    }

    private String submit(OperationRunner runner, String kind, String request) {
        String id = database.asLeader(
                        term.get(), handle -> runner.submit(handle, kind, "default", "thing", request, 10L, "somebody"))
                .id();
        runner.look();
        return id;
    }

    private OperationRow row(String id) {
        return database.transaction(handle -> OperationTable.find(handle, id)).orElseThrow();
    }

    private OperationRow ended(String id) {
        await().atMost(Duration.ofSeconds(10)).until(() -> !row(id).state().isOpen());
        return row(id);
    }

    private static Step counting(List<String> seen) {
        return cursor -> {
            seen.add(cursor.at());
            int at = cursor.at().isEmpty() ? 0 : Integer.parseInt(cursor.at());
            int next = Math.min(10, at + Math.min(4, cursor.most()));
            return next == 10
                    ? Step.Progress.end("10", next - at, "{\"all\":true}")
                    : Step.Progress.more(Integer.toString(next), next - at, 10L);
        };
    }

    @Test
    void piecesFollowEachOtherUntilTheEnd() {
        List<String> seen = Collections.synchronizedList(new ArrayList<>());
        OperationRunner runner = runner(counting(seen));

        OperationRow row = ended(submit(runner, "COUNT", "{}"));

        assertThat(seen).containsExactly("", "4", "8");
        assertThat(row.state()).isEqualTo(State.SUCCEEDED);
        assertThat(row.done()).isEqualTo(10);
        assertThat(row.result()).isEqualTo("{\"all\":true}");
        runner.close();
    }

    @Test
    void whatIsOpenGoesOnAtTheNextLeaderWhereItStood() {
        OperationRow half = new OperationRow(
                "half",
                "COUNT",
                State.RUNNING,
                "default",
                "thing",
                "{}",
                "8",
                8,
                10L,
                0,
                0,
                null,
                null,
                false,
                "x",
                1,
                1,
                3);
        database.transaction(handle -> {
            OperationTable.insert(handle, half);
            return true;
        });
        List<String> seen = Collections.synchronizedList(new ArrayList<>());
        OperationRunner runner = runner(counting(seen));

        assertThat(ended("half").done()).isEqualTo(10);
        assertThat(seen).containsExactly("8");
        runner.close();
    }

    @Test
    void nothingIsDoneUnderATermThatEnded() {
        List<String> seen = Collections.synchronizedList(new ArrayList<>());
        OperationRunner runner = runner(counting(seen));
        String id = database.asLeader(
                        term.get(),
                        handle -> runner.submit(handle, "COUNT", "default", "thing", "{}", null, "somebody"))
                .id();
        database.raiseTerm("another");
        runner.look();

        await().during(Duration.ofMillis(300)).atMost(Duration.ofSeconds(5)).until(seen::isEmpty);
        assertThat(row(id).state()).isEqualTo(State.PENDING);
        runner.close();
    }

    @Test
    void aCancelledOneEndsBetweenTwoPieces() {
        OperationRunner runner = runner(cursor -> Step.Progress.waiting("w", null, Duration.ofMillis(20)));
        String id = submit(runner, "COUNT", "{}");
        await().atMost(Duration.ofSeconds(10)).until(() -> row(id).state() == State.RUNNING);

        database.asLeader(term.get(), handle -> OperationTable.cancel(handle, id, 5));

        assertThat(ended(id).state()).isEqualTo(State.CANCELLED);
        runner.close();
    }

    @Test
    void aPieceThatMayPassIsTriedAgainAndAnyOtherEndsIt() {
        AtomicLong calls = new AtomicLong();
        OperationRunner runner = runner(cursor -> {
            if (calls.incrementAndGet() == 1) {
                throw new EventMeshException(ErrorCode.STORAGE_UNAVAILABLE, "storage: away (expected: there)");
            }
            throw new EventMeshException(ErrorCode.NOT_FOUND, "thing: 'x' (expected: an existing one)");
        });

        OperationRow row = ended(submit(runner, "COUNT", "{}"));

        assertThat(calls).hasValue(2);
        assertThat(row.state()).isEqualTo(State.FAILED);
        assertThat(row.error()).isEqualTo("NOT_FOUND: thing: 'x' (expected: an existing one)");
        runner.close();
    }

    @Test
    void anUnknownKindAndAnErrorOfItsCodeFail() {
        OperationRunner runner = runner(cursor -> {
            throw new StackOverflowError();
        });

        assertThat(ended(submit(runner, "OTHER", "{}")).error()).contains("NOT_SUPPORTED");
        assertThat(ended(submit(runner, "COUNT", "{}")).error()).contains("INTERNAL");
        runner.close();
    }

    @Test
    void aRateBoundsWhatAPieceMayDo() {
        List<Integer> most = Collections.synchronizedList(new ArrayList<>());
        OperationRunner runner = runner(cursor -> {
            most.add(cursor.most());
            return most.size() == 3
                    ? Step.Progress.end("e", cursor.most(), null)
                    : Step.Progress.more("m", cursor.most(), null);
        });

        OperationRow row = ended(submit(runner, "COUNT", "{\"rate\":20}"));

        assertThat(most).hasSize(3).first().isEqualTo(20);
        assertThat(most.subList(1, 3)).allSatisfy(later -> assertThat(later).isLessThan(20));
        assertThat(row.done())
                .isEqualTo(most.stream().mapToInt(Integer::intValue).sum());
        runner.close();
    }

    @Test
    void tooManyAreRefused() {
        OperationRunner runner = runner(cursor -> Step.Progress.waiting("w", null, Duration.ofSeconds(60)));
        for (int i = 0; i < 100; i++) {
            submit(runner, "COUNT", "{}");
        }

        assertThatThrownBy(() -> submit(runner, "COUNT", "{}"))
                .isInstanceOfSatisfying(
                        EventMeshException.class,
                        refused -> assertThat(refused.code()).isEqualTo(ErrorCode.QUOTA_EXCEEDED));
        runner.close();
    }
}
