package io.eventmesh.admin.sync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.eventmesh.admin.AdminConfig;
import io.eventmesh.admin.AdminProcess;
import io.eventmesh.admin.FakeConnectors;
import io.eventmesh.admin.MemoryMetaStore;
import io.eventmesh.admin.database.DatabaseConfig;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.proto.v1.TaskAssignment;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A thousand tasks on five runtimes that run none of them; each database has a subclass. */
abstract class ScaleTest {
    private static final int RUNTIMES = 5;
    private static final int CONNECTORS = 10;
    private static final int TASKS_OF_EACH = 100;
    private static final int TASKS = CONNECTORS * TASKS_OF_EACH;
    private static final Duration LIMIT = Duration.ofSeconds(60);

    @TempDir
    Path directory;

    private final MeshClock clock = MeshClock.system();
    private final ScheduledExecutorService beats = Executors.newSingleThreadScheduledExecutor();
    private final Map<String, FakeRuntime> runtimes = new HashMap<>();
    private AdminProcess admin;

    abstract DatabaseConfig database();

    @BeforeEach
    void start() {
        AdminConfig usual = AdminProcess.config(Duration.ofSeconds(4), database());
        admin = new AdminProcess("admin-1", new MemoryMetaStore(), directory)
                .with(new FakeConnectors())
                .start(new AdminConfig(
                        usual.http(),
                        usual.grpc(),
                        usual.database(),
                        usual.lease(),
                        Duration.ofSeconds(1),
                        Duration.ofSeconds(2)));
        await().atMost(Duration.ofSeconds(10))
                .until(() -> admin.http("GET", "/", "").body().contains("\"leads\":true"));
        for (int i = 1; i <= RUNTIMES; i++) {
            FakeRuntime runtime = FakeRuntime.of("r" + i, admin).slots(TASKS).obedient();
            runtimes.put("r" + i, runtime);
            runtime.connect().report();
            beats.scheduleAtFixedRate(runtime::report, 500, 500, TimeUnit.MILLISECONDS);
        }
        await("the leader knows every runtime")
                .atMost(Duration.ofSeconds(10))
                .until(() -> runtimes.values().stream()
                        .allMatch(runtime -> runtime.newest().isPresent()));
    }

    @AfterEach
    void close() {
        beats.shutdownNow();
        runtimes.values().forEach(FakeRuntime::close);
        admin.close();
    }

    @Test
    @Timeout(value = 3, unit = TimeUnit.MINUTES)
    void aThousandTasksAreSpreadEvenlyAndTheLossOfARuntimeMovesItsTasksOnly() {
        long begun = clock.nanoTime();
        for (int i = 0; i < CONNECTORS; i++) {
            var answer = admin.http("POST", "/api/v1/connectors", """
                            {"metadata": {"name": "many-%d"},
                             "spec": {"plugin": "fake", "kind": "SOURCE", "topic": "t", "tasksMax": %d,
                                      "config": {"path": "/x"}}}""".formatted(i, TASKS_OF_EACH));
            assertThat(answer.statusCode()).as(answer.body()).isEqualTo(201);
        }
        awaitTasks();
        Duration placed = since(begun);
        Map<String, TaskAssignment> before = new HashMap<>();
        Map<String, String> owners = new HashMap<>();
        List<Integer> shares = shares();
        runtimes.forEach((name, runtime) -> runtime.orders().forEach(order -> {
            before.put(order.getTaskId(), order);
            owners.put(order.getTaskId(), name);
        }));

        long lost = clock.nanoTime();
        Objects.requireNonNull(runtimes.remove("r5")).close();
        awaitTasks();
        Duration moved = since(lost);

        assertThat(shares).allSatisfy(share -> assertThat(share).isBetween(TASKS * 3 / 4 / 5, TASKS * 5 / 4 / 5));
        assertThat(shares()).allSatisfy(share -> assertThat(share).isBetween(TASKS * 3 / 4 / 4, TASKS * 5 / 4 / 4));
        runtimes.forEach((name, runtime) -> assertThat(runtime.orders()).allSatisfy(order -> {
            if (Objects.equals(owners.get(order.getTaskId()), "r5")) {
                assertThat(order.getEpoch()).isEqualTo(2);
            } else {
                assertThat(order).isEqualTo(before.get(order.getTaskId()));
                assertThat(name).isEqualTo(owners.get(order.getTaskId()));
            }
        }));
        System.out.printf(
                "%s: tasks=%d shares=%s placed-millis=%d shares-after-loss=%s moved-millis=%d%n",
                getClass().getSimpleName(), TASKS, shares, placed.toMillis(), shares(), moved.toMillis());
    }

    /** Waits until every task is with exactly one of the runtimes. */
    private void awaitTasks() {
        await().atMost(LIMIT).untilAsserted(() -> {
            List<String> tasks = new ArrayList<>();
            runtimes.values().forEach(runtime -> runtime.orders().forEach(order -> tasks.add(order.getTaskId())));
            assertThat(tasks).doesNotHaveDuplicates().hasSize(TASKS);
        });
    }

    private List<Integer> shares() {
        return runtimes.values().stream()
                .map(runtime -> runtime.orders().size())
                .sorted()
                .toList();
    }

    private Duration since(long nanos) {
        return Duration.ofNanos(clock.nanoTime() - nanos);
    }
}
