package io.eventmesh.tests.fault.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.eventmesh.common.time.MeshClock;
import io.eventmesh.sdk.EventMesh;
import io.eventmesh.spi.event.Event;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.awaitility.core.ConditionTimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The only admin is away, then ZooKeeper, then both: what needs neither goes on, and tasks stop only when nobody can tell
 * whether they are still theirs.
 *
 * <p>{@code -Doutage.minutes=N} makes each outage so long, with the leases that an admin has by default.
 */
class OutageIT {
    private static final int MINUTES = Integer.getInteger("outage.minutes", 0);
    private static final Timings TIMINGS = MINUTES == 0 ? Timings.OUTAGE : Timings.DEFAULTS;
    /** Longer than the lease in any case, or nothing would be shown. */
    private static final Duration OUTAGE = MINUTES == 0 ? TIMINGS.lease().plusSeconds(2) : Duration.ofMinutes(MINUTES);
    /** A source may stand still so long while it finds out who is away. */
    private static final Duration PAUSE = TIMINGS.session().plusSeconds(5);

    @TempDir
    Path directory;

    private final MeshClock clock = MeshClock.system();
    private final ScheduledExecutorService publisher = Executors.newSingleThreadScheduledExecutor();
    private final AtomicLong judged = new AtomicLong();
    private final AtomicLong received = new AtomicLong();
    private final TaskLedger ledger = new TaskLedger();

    @AfterEach
    void end() {
        publisher.shutdownNow();
    }

    @Test
    @Timeout(value = 60, unit = TimeUnit.MINUTES)
    void whatNeedsNeitherAdminNorZooKeeperGoesOnAndEverythingAgreesAfterwards() throws Exception {
        try (TaskScene scene = new TaskScene(directory, TIMINGS, 1, 2, 1);
                EventMesh client = scene.client();
                MeshTail tail = new MeshTail(scene.client(), TaskScene.TOPIC)) {
            StoredRows rows = new StoredRows(scene.stored());
            TaskFlow flow = new TaskFlow(scene, tail, rows);
            scene.createConnectors();
            beginRule(scene, client);
            flow.awaitMoving();
            Map<String, LongSupplier> tasks = new LinkedHashMap<>();
            TaskFlow.partitions().forEach(name -> tasks.put(name, () -> tail.count(name)));
            tasks.put("sinks", () -> rows.rows().size());
            Map<String, LongSupplier> rules = Map.of("rule", judged::get, "subscription", received::get);
            goOn(scene, Duration.ofSeconds(1), tasks, rules);

            Map<String, Long> epochs = flow.epochs();
            scene.onlyAdmin().kill();
            goOn(scene, OUTAGE, tasks, rules);
            scene.onlyAdmin().start();
            scene.onlyAdmin().awaitReady();
            scene.awaitLeader();
            goOn(scene, TIMINGS.lease(), tasks, rules);
            assertThat(flow.epochs()).as("epochs after the only admin was away").isEqualTo(epochs);

            scene.zookeeper().stop();
            goOn(scene, OUTAGE, tasks, rules);
            scene.zookeeper().restart();
            scene.awaitLeader();
            goOn(scene, TIMINGS.lease(), tasks, rules);
            assertThat(flow.epochs()).as("epochs after ZooKeeper was away").isEqualTo(epochs);

            long millis = clock.millis();
            scene.zookeeper().stop();
            scene.onlyAdmin().kill();
            goOn(scene, OUTAGE, rules);
            long stopped = flow.lastMillis();
            assertThat(stopped)
                    .as("the last number read, in milliseconds after both were away")
                    .isLessThan(millis + TIMINGS.lease().plusSeconds(1).toMillis());

            scene.zookeeper().restart();
            scene.onlyAdmin().start();
            scene.onlyAdmin().awaitReady();
            long back = clock.millis();
            flow.awaitMoving();
            goOn(scene, Duration.ofSeconds(1), tasks, rules);
            long again = clock.millis() - back;
            flow.finish();

            ledger.mesh(tail.stored());
            ledger.sinks(tail.stored(), rows.rows(), rows.openings().size());
            System.out.printf(
                    "outage seconds=%d lease=%s tasks-stopped-after-millis=%d all-again-within-millis=%d %s%n",
                    OUTAGE.toSeconds(), TIMINGS.lease(), stopped - millis, again, ledger);
            assertThat(ledger.findings()).as("%s", scene.lastWords()).isEmpty();
        }
    }

    /** A rule that copies orders, a subscription of the copies, one of the orders, and somebody who orders. */
    private void beginRule(TaskScene scene, EventMesh client) throws Exception {
        scene.put("/api/v1/rules/copies", """
                {"spec": {"patterns": ["orders"],
                          "targets": [{"name": "copies", "kind": "topic", "spec": {"topic": "copies"}}]}}""");
        client.subscribe("copies", "judged")
                .handle(Event.class, (event, delivery) -> judged.incrementAndGet())
                .ready()
                .get(20, TimeUnit.SECONDS);
        client.subscribe("orders", "received")
                .handle(Event.class, (event, delivery) -> received.incrementAndGet())
                .ready()
                .get(20, TimeUnit.SECONDS);
        AtomicLong number = new AtomicLong();
        publisher.scheduleAtFixedRate(
                () -> client.publish(
                        "orders",
                        Event.builder()
                                .id(Long.toString(number.incrementAndGet()))
                                .source("/test")
                                .type("order")
                                .text("an order")
                                .build()),
                0,
                50,
                TimeUnit.MILLISECONDS);
    }

    /** All of them move for so long, without a pause that is longer than a moment. */
    @SafeVarargs
    private void goOn(TaskScene scene, Duration time, Map<String, LongSupplier>... flows) {
        long end = clock.nanoTime() + time.toNanos();
        do {
            Map<String, Long> before = new LinkedHashMap<>();
            List<Map.Entry<String, LongSupplier>> all = new ArrayList<>();
            for (Map<String, LongSupplier> flow : flows) {
                all.addAll(flow.entrySet());
            }
            all.forEach(flow -> before.put(flow.getKey(), flow.getValue().getAsLong()));
            try {
                await().atMost(PAUSE)
                        .pollInterval(Duration.ofMillis(200))
                        .until(() -> all.stream()
                                .allMatch(
                                        flow -> flow.getValue().getAsLong() > before.getOrDefault(flow.getKey(), 0L)));
            } catch (ConditionTimeoutException stuck) {
                List<String> still = all.stream()
                        .filter(flow -> flow.getValue().getAsLong() <= before.getOrDefault(flow.getKey(), 0L))
                        .map(Map.Entry::getKey)
                        .toList();
                throw new AssertionError("stands still: %s%n%s".formatted(still, scene.lastWords()), stuck);
            }
        } while (clock.nanoTime() - end < 0);
    }
}
