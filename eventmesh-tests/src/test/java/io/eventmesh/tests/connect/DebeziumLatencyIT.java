package io.eventmesh.tests.connect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.eventmesh.common.thread.NamedThreads;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.tests.connect.Hook.Came;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * How long it takes from a row that changes in PostgreSQL to its event at a webhook, through Debezium and the mesh.
 *
 * <p>{@code -Ddebezium-latency.updates=2000} for the long form; the rate is 100 updates a second.
 */
@ExtendWith(ConnectScene.Shared.class)
@Timeout(180)
class DebeziumLatencyIT {
    private static final int UPDATES = Integer.getInteger("debezium-latency.updates", 300);
    private static final int WARM = 100;
    /** Changes of one row are delivered one after the other. */
    private static final int ROWS = 50;

    private static final int PERIOD_MILLIS = 10;

    private final MeshClock clock = MeshClock.system();
    /** When each change was about to be made. */
    private final Map<Integer, Change> changes = new ConcurrentHashMap<>();

    private record Change(long nanos, long millis) {}

    @Test
    void theTimeFromARowToAWebhookIsPrinted(ConnectScene scene) throws Exception {
        int all = WARM + UPDATES;
        try (Hook hook = new Hook()) {
            scene.sql(
                    "create table prices (id int primary key, number int)",
                    "insert into prices select id, 0 from generate_series(0, %d) id".formatted(ROWS - 1));
            scene.push("prices", hook);
            scene.follow("prices");
            await("the snapshot")
                    .atMost(Duration.ofSeconds(60))
                    .until(() -> hook.events().size() == ROWS);

            change(scene, all);

            await("every change")
                    .atMost(Duration.ofSeconds(60))
                    .untilAsserted(() -> assertThat(hook.events()).hasSizeGreaterThanOrEqualTo(ROWS + all));
            scene.ask("prices", "stop");
            report(hook.events());
        }
    }

    /** An update each 10 ms, each of them a transaction. */
    private void change(ConnectScene scene, int updates) throws Exception {
        ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(new NamedThreads("changes"));
        try (Connection connection = scene.database();
                PreparedStatement update = connection.prepareStatement("update prices set number = ? where id = ?")) {
            AtomicInteger next = new AtomicInteger(1);
            ScheduledFuture<?> running = timer.scheduleAtFixedRate(
                    () -> {
                        int number = next.get();
                        if (number <= updates) {
                            changeTo(update, number);
                            next.incrementAndGet();
                        }
                    },
                    0,
                    PERIOD_MILLIS,
                    TimeUnit.MILLISECONDS);
            await("changes are made")
                    .atMost(Duration.ofMillis(30_000L + 4L * PERIOD_MILLIS * updates))
                    .until(() -> next.get() > updates || running.isDone());
            running.cancel(false);
            assertThat(next).hasValue(updates + 1);
        } finally {
            timer.shutdownNow();
        }
    }

    private void changeTo(PreparedStatement update, int number) {
        try {
            update.setInt(1, number);
            update.setInt(2, number % ROWS);
            changes.put(number, new Change(clock.nanoTime(), clock.millis()));
            update.executeUpdate();
        } catch (SQLException failure) {
            throw new IllegalStateException(failure);
        }
    }

    private void report(List<Came> events) {
        List<Came> measured =
                events.stream().filter(event -> number(event) > WARM).toList();
        assertThat(measured).hasSizeGreaterThanOrEqualTo(UPDATES);
        long[] whole = sorted(
                measured.stream().mapToLong(event -> event.at() - change(event).nanos()));
        long[] read = sorted(measured.stream()
                .mapToLong(event -> TimeUnit.MILLISECONDS.toNanos(
                        event.data().path("ts_ms").asLong() - change(event).millis())));
        System.out.printf(
                "debezium: row change to event at a webhook, %d updates at %d/s: p50 %.1f ms, p99 %.1f ms, max %.1f ms;"
                        + " of it until Debezium has read the change: p50 %.1f ms, p99 %.1f ms%n",
                whole.length,
                1_000 / PERIOD_MILLIS,
                millis(whole[whole.length / 2]),
                millis(whole[whole.length * 99 / 100]),
                millis(whole[whole.length - 1]),
                millis(read[read.length / 2]),
                millis(read[read.length * 99 / 100]));
    }

    private Change change(Came event) {
        return Objects.requireNonNull(changes.get(number(event)));
    }

    private static int number(Came event) {
        return event.data().at("/after/number").asInt();
    }

    private static long[] sorted(LongStream nanos) {
        return nanos.sorted().toArray();
    }

    private static double millis(long nanos) {
        return nanos / 1e6;
    }
}
