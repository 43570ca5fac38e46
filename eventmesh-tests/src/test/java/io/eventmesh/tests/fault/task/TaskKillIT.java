package io.eventmesh.tests.fault.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.eventmesh.common.time.MeshClock;
import io.eventmesh.tests.fault.task.TaskDatabase.Owner;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
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
            TaskFlow flow = new TaskFlow(scene, tail, rows);
            database.watch();
            scene.createConnectors();
            for (int i = 1; i <= rounds; i++) {
                new Round(i, Fault.random(random), scene, tail, flow, database, rows, timings).play();
            }
            flow.finish();

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

    private static void awaitOwners(TaskDatabase database) {
        await("every task has an owner")
                .atMost(TaskFlow.PATIENCE)
                .until(() -> database.owners().stream()
                                .filter(owner -> !owner.runtime().isEmpty())
                                .count()
                        == TaskScene.SOURCES + TaskScene.SINKS);
    }

    /** One fault and what follows. */
    private final class Round {
        private final int number;
        private final Fault fault;
        private final TaskScene scene;
        private final MeshTail tail;
        private final TaskFlow flow;
        private final TaskDatabase database;
        private final StoredRows rows;
        private final Timings timings;

        Round(
                int number,
                Fault fault,
                TaskScene scene,
                MeshTail tail,
                TaskFlow flow,
                TaskDatabase database,
                StoredRows rows,
                Timings timings) {
            this.number = number;
            this.fault = fault;
            this.scene = scene;
            this.tail = tail;
            this.flow = flow;
            this.database = database;
            this.rows = rows;
            this.timings = timings;
        }

        void play() throws Exception {
            flow.awaitMoving();
            awaitOwners(database);
            List<Owner> before = database.owners();
            List<Part> parts = fault.parts(scene, before, random);
            List<String> runtimes = parts.stream().map(Part::runtime).toList();
            List<Owner> bereft = before.stream()
                    .filter(owner -> fault.takesTasks() && runtimes.contains(owner.runtime()))
                    .toList();

            moments.schedule(() -> parts.forEach(fault::strike), random.nextInt(1_000), TimeUnit.MILLISECONDS)
                    .get(1, TimeUnit.MINUTES);
            long millis = clock.millis();
            var undone = moments.schedule(
                    () -> parts.forEach(fault::undo),
                    fault.lasts(timings, random).toMillis(),
                    TimeUnit.MILLISECONDS);
            Map<String, Long> again =
                    bereft.stream().collect(Collectors.toMap(Owner::partition, owner -> awaitAgain(owner, millis)));
            undone.get(2, TimeUnit.MINUTES);
            flow.awaitMoving();
            awaitOwners(database);

            note(again, flow.longestGap(millis));
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

        private void note(Map<String, Long> again, long gap) {
            Duration took = Duration.ofMillis(
                    again.values().stream().max(Comparator.naturalOrder()).orElse(0L));
            Duration silent = longer(took, Duration.ofMillis(gap));
            Duration bound = fault.hitsLeader() ? timings.runsAgainWithoutLeader() : timings.runsAgain();
            if (fault.hitsLeader()) {
                slowestWithoutLeader = longer(slowestWithoutLeader, silent);
            } else {
                slowest = longer(slowest, silent);
            }
            if (gap > bound.toMillis()) {
                ledger.found("round %d %s: a source was silent for %d ms (expected: <= %d)"
                        .formatted(number, fault, gap, bound.toMillis()));
            }
            System.out.printf("round=%d %s again=%s longest-gap-millis=%d%n", number, fault, again, gap);
        }

        private static Duration longer(Duration one, Duration other) {
            return one.compareTo(other) > 0 ? one : other;
        }
    }
}
