package io.eventmesh.tests.fault.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.eventmesh.common.time.MeshClock;
import io.eventmesh.tests.fault.task.TaskDatabase.Owner;
import io.eventmesh.tests.fault.task.plugin.Stamp;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.awaitility.core.ConditionTimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/**
 * Connector runtimes and the leading admin are killed and paused at random under sources that number their records and
 * sinks that store them.
 *
 * <p>{@code -Dtask-kill.seed=N} repeats the choices of a run, {@code -Dtask-kill.rounds=N} makes more rounds with short
 * leases, {@code -Dtask-kill.defaults=N} so many with the leases that an admin has by default.
 */
class TaskKillIT {
    private static final int ROUNDS = Integer.getInteger("task-kill.rounds", 2);
    private static final int DEFAULTS = Integer.getInteger("task-kill.defaults", 0);
    private static final long SEED = Long.getLong("task-kill.seed", new Random().nextLong());
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @TempDir
    Path directory;

    private final MeshClock clock = MeshClock.system();
    private final Random random = new Random(SEED);
    private final ScheduledExecutorService moments = Executors.newSingleThreadScheduledExecutor();
    private final TaskLedger ledger = new TaskLedger();
    private Duration slowest = Duration.ZERO;
    private Duration slowestWithoutLeader = Duration.ZERO;

    @AfterEach
    void end() {
        moments.shutdownNow();
    }

    @Test
    @Timeout(value = 60, unit = TimeUnit.MINUTES)
    void noTaskRunsTwiceOrLosesItsPlace() throws Exception {
        rounds(ROUNDS, Timings.SHORT);
    }

    @Test
    @EnabledIfSystemProperty(named = "task-kill.defaults", matches = "[1-9][0-9]*")
    @Timeout(value = 60, unit = TimeUnit.MINUTES)
    void noTaskRunsTwiceOrLosesItsPlaceWithTheLeasesOfTheDefaults() throws Exception {
        rounds(DEFAULTS, Timings.DEFAULTS);
    }

    private void rounds(int rounds, Timings timings) throws Exception {
        System.out.printf("task-kill seed=%d rounds=%d lease=%s%n", SEED, rounds, timings.lease());
        try (TaskScene scene = new TaskScene(directory, timings, 2, 3, 0);
                MeshTail tail = new MeshTail(scene.client(), TaskScene.TOPIC)) {
            TaskDatabase database = scene.database();
            StoredRows rows = new StoredRows(scene.stored());
            database.watch();
            scene.createConnectors();
            for (int i = 1; i <= rounds; i++) {
                new Round(i, Fault.random(random), scene, tail, database, rows, timings).play();
            }
            awaitFlow(scene, tail, database);
            scene.stopSources();
            awaitRest(scene, tail, rows, database);

            ledger.mesh(tail.stored());
            ledger.sinks(tail.stored(), rows.rows(), rows.openings().size());
            ledger.positions(database.positionWrites(), tail.stored());

            System.out.printf(
                    "task-kill seed=%d rounds=%d lease=%s %s slowest-millis=%d slowest-without-leader-millis=%d%n",
                    SEED, rounds, timings.lease(), ledger, slowest.toMillis(), slowestWithoutLeader.toMillis());
            assertThat(ledger.findings().stream().limit(20))
                    .as("seed %d: %s%n%s", SEED, ledger, scene.lastWords())
                    .isEmpty();
        }
    }

    /** Waits until every task has an owner and every source moves. */
    private static void awaitFlow(TaskScene scene, MeshTail tail, TaskDatabase database) {
        scene.parts().forEach(Part::awaitReady);
        await("every task has an owner")
                .atMost(PATIENCE)
                .until(() -> database.owners().stream()
                        .filter(owner -> !owner.runtime().isEmpty())
                        .count()
                        == TaskScene.SOURCES + TaskScene.SINKS);
        Map<String, Integer> before = partitions().stream().collect(Collectors.toMap(name -> name, tail::count));
        for (String partition : partitions()) {
            try {
                await().atMost(PATIENCE)
                        .pollInterval(Duration.ofMillis(50))
                        .until(() -> tail.count(partition) > Objects.requireNonNull(before.get(partition)) + 10);
            } catch (ConditionTimeoutException stuck) {
                throw new AssertionError(
                        "%s does not move, seed %d: %s%n%s"
                                .formatted(partition, SEED, database.owners(), scene.lastWords()),
                        stuck);
            }
        }
    }

    private static List<String> partitions() {
        List<String> partitions = new ArrayList<>();
        for (int i = 0; i < TaskScene.SOURCES; i++) {
            partitions.add(TaskScene.SOURCE + "-" + i);
        }
        return partitions;
    }

    /** Waits until the sources have given their tasks back and nothing comes at the sinks any more. */
    private void awaitRest(TaskScene scene, MeshTail tail, StoredRows rows, TaskDatabase database) {
        await("the sources have stopped")
                .atMost(PATIENCE)
                .until(() -> database.owners().stream()
                        .filter(owner -> owner.partition().startsWith(TaskScene.SOURCE))
                        .allMatch(owner -> owner.runtime().isEmpty()));
        int[] before = {-1};
        long[] since = {clock.nanoTime()};
        await("the sinks have everything")
                .atMost(PATIENCE)
                .pollInterval(Duration.ofMillis(200))
                .until(() -> {
                    int now = rows.rows().size()
                            + partitions().stream().mapToInt(tail::count).sum();
                    if (now != before[0]) {
                        before[0] = now;
                        since[0] = clock.nanoTime();
                    }
                    return clock.nanoTime() - since[0]
                            > TimeUnit.SECONDS.toNanos(missing(tail, rows) ? 20 : 2);
                });
        scene.parts()
                .forEach(part -> assertThat(part.process().isAlive())
                        .as("%s: %s", part, part.process().err())
                        .isTrue());
    }

    private static boolean missing(MeshTail tail, StoredRows rows) {
        var written = rows.rows().stream()
                .map(stamp -> stamp.partition() + " " + stamp.number())
                .collect(Collectors.toSet());
        return tail.stored().values().stream()
                .flatMap(List::stream)
                .anyMatch(stamp -> !written.contains(stamp.partition() + " " + stamp.number()));
    }

    /** One fault and what follows. */
    private final class Round {
        private final int number;
        private final Fault fault;
        private final TaskScene scene;
        private final MeshTail tail;
        private final TaskDatabase database;
        private final StoredRows rows;
        private final Timings timings;

        Round(
                int number,
                Fault fault,
                TaskScene scene,
                MeshTail tail,
                TaskDatabase database,
                StoredRows rows,
                Timings timings) {
            this.number = number;
            this.fault = fault;
            this.scene = scene;
            this.tail = tail;
            this.database = database;
            this.rows = rows;
            this.timings = timings;
        }

        void play() throws Exception {
            awaitFlow(scene, tail, database);
            List<Owner> before = database.owners();
            List<Part> parts = fault.parts(scene, before, random);
            List<String> runtimes = parts.stream().map(Part::runtime).toList();
            List<Owner> bereft = before.stream()
                    .filter(owner -> runtimes.contains(owner.runtime()))
                    .toList();

            moments.schedule(() -> parts.forEach(fault::strike), random.nextInt(1_000), TimeUnit.MILLISECONDS)
                    .get(1, TimeUnit.MINUTES);
            long millis = clock.millis();
            var undone = moments.schedule(
                    () -> parts.forEach(fault::undo), timings.stop().toMillis(), TimeUnit.MILLISECONDS);
            Map<String, Long> again = bereft.stream()
                    .collect(Collectors.toMap(Owner::partition, owner -> awaitAgain(owner, millis)));
            undone.get(2, TimeUnit.MINUTES);
            awaitFlow(scene, tail, database);

            note(again, longestGap(millis));
        }

        /** How many milliseconds after the fault the task ran under a newer right. */
        private long awaitAgain(Owner owner, long millis) {
            Duration bound = fault.hitsLeader() ? timings.runsAgainWithoutLeader() : timings.runsAgain();
            try {
                await().atMost(bound.plusSeconds(30))
                        .pollInterval(Duration.ofMillis(50))
                        .until(() -> again(owner, millis) >= 0);
            } catch (ConditionTimeoutException stuck) {
                throw new AssertionError(
                        "round %d %s, seed %d: %s does not run again, owners %s%n%s"
                                .formatted(number, fault, SEED, owner, database.owners(), scene.lastWords()),
                        stuck);
            }
            long took = again(owner, millis);
            if (took > bound.toMillis()) {
                ledger.found("round %d %s: %s ran again after %d ms (expected: <= %d)"
                        .formatted(number, fault, owner, took, bound.toMillis()));
            }
            return took;
        }

        private long again(Owner owner, long millis) {
            if (owner.partition().startsWith(TaskScene.SINK)) {
                return rows.openings().stream()
                        .filter(opening -> opening.task().equals(owner.partition()) && opening.epoch() > owner.epoch())
                        .mapToLong(opening -> opening.atMillis() - millis)
                        .min()
                        .orElse(-1);
            }
            return tail.seen(owner.partition()).stream()
                    .filter(stamp -> stamp.epoch() > owner.epoch())
                    .mapToLong(stamp -> stamp.atMillis() - millis)
                    .min()
                    .orElse(-1);
        }

        /** The longest time since the fault in which some source read nothing that was stored, in milliseconds. */
        private long longestGap(long millis) {
            long longest = 0;
            for (String partition : partitions()) {
                long last = millis;
                for (Stamp stamp : tail.seen(partition)) {
                    longest = Math.max(longest, stamp.atMillis() - last);
                    last = Math.max(last, stamp.atMillis());
                }
            }
            return longest;
        }

        private void note(Map<String, Long> again, long gap) {
            Duration took = Duration.ofMillis(again.values().stream()
                    .max(Comparator.naturalOrder())
                    .orElse(0L));
            if (fault.hitsLeader()) {
                Duration silent = Duration.ofMillis(gap);
                slowestWithoutLeader = longer(slowestWithoutLeader, longer(took, silent));
                if (silent.compareTo(timings.runsAgainWithoutLeader()) > 0) {
                    ledger.found("round %d %s: a source was silent for %d ms (expected: <= %d)"
                            .formatted(
                                    number,
                                    fault,
                                    gap,
                                    timings.runsAgainWithoutLeader().toMillis()));
                }
            } else {
                slowest = longer(slowest, took);
            }
            System.out.printf("round=%d %s again=%s longest-gap-millis=%d%n", number, fault, again, gap);
        }

        private static Duration longer(Duration one, Duration other) {
            return one.compareTo(other) > 0 ? one : other;
        }
    }
}
