package io.eventmesh.runtime.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventmesh.common.time.MeshClock;
import io.eventmesh.testkit.checker.Verdict;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Whole lives of a mesh, each by its seed, held against the checker.
 *
 * <p>{@code -Deventmesh.histories=N} lives so many, {@code -Deventmesh.first-seed=S} begins there, and
 * {@code -Deventmesh.seed=S} lives one again and prints its history.
 */
class MeshHistoriesTest {
    private static final int HISTORIES = 4_000;
    private static final int MOST_FAILURES = 10;

    private final MeshClock clock = MeshClock.system();
    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();

    private long sent;
    private long offers;
    private long redelivered;
    private long parkings;
    private long deadLettered;
    private long unknown;
    private long repeats;
    private long kills;
    private long takeovers;

    @Test
    @Timeout(value = 12, unit = TimeUnit.HOURS)
    void everyHistoryKeepsThePromises() {
        Long replay = Long.getLong("eventmesh.seed");
        long first = replay == null ? Long.getLong("eventmesh.first-seed", 1) : replay;
        long count = replay == null ? Long.getLong("eventmesh.histories", HISTORIES) : 1;
        long begin = clock.nanoTime();
        List<String> failures = new ArrayList<>();
        for (long seed = first; seed < first + count && failures.size() < MOST_FAILURES; seed++) {
            live(seed).ifPresent(failures::add);
        }
        System.out.printf(
                "histories=%d seeds=%d..%d minutes=%.1f sent=%d offers=%d redelivered=%d parkings=%d dead-lettered=%d "
                        + "unknown=%d repeats=%d kills=%d takeovers=%d failures=%d%n",
                count,
                first,
                first + count - 1,
                (clock.nanoTime() - begin) / 60e9,
                sent,
                offers,
                redelivered,
                parkings,
                deadLettered,
                unknown,
                repeats,
                kills,
                takeovers,
                failures.size());
        assertThat(failures).as("broken promises").isEmpty();
        if (count >= 1_000) {
            assertThat(sent / count).as("events of a life").isGreaterThan(20);
            assertThat(offers / count).as("offers of a life").isGreaterThan(30);
            assertThat(redelivered / count).as("redeliveries of a life").isGreaterThan(3);
            assertThat(parkings / count).as("parkings of a life").isGreaterThan(1);
            assertThat(deadLettered).as("dead letters").isGreaterThan(count / 2);
            assertThat(unknown).as("unknown outcomes").isGreaterThan(count / 10);
            assertThat(repeats).as("repeats").isGreaterThan(count / 10);
            assertThat(kills).as("kills").isGreaterThan(count / 10);
            assertThat(takeovers).as("takeovers").isGreaterThan(count / 10);
        }
    }

    @Test
    void aSeedDecidesEverything() {
        for (long seed = 1; seed <= 20; seed++) {
            Life life = new Life(seed, meters, PlantedBug.NONE);
            Life again = new Life(seed, meters, PlantedBug.NONE);

            life.live();
            again.live();

            assertThat(again.history().inOrder())
                    .as("seed %d", seed)
                    .isEqualTo(life.history().inOrder());
        }
    }

    /** Answers what is wrong. */
    private Optional<String> live(long seed) {
        Life life = new Life(seed, meters, PlantedBug.NONE);
        Verdict verdict;
        try (LoudErrors errors = new LoudErrors()) {
            verdict = life.live();
            life.broken().addAll(errors.heard());
        }
        if (Long.getLong("eventmesh.seed") != null) {
            life.history().inOrder().forEach(System.out::println);
        }
        sent += verdict.sent();
        offers += verdict.offers();
        unknown += verdict.unknown();
        repeats += verdict.repeats();
        redelivered += life.ledger().redelivered;
        parkings += life.ledger().parkings;
        deadLettered += life.deadLettered();
        kills += life.kills;
        takeovers += life.takeovers;
        return verdict.isClean() && life.broken().isEmpty()
                ? Optional.empty()
                : Optional.of("seed %d (replay with -Deventmesh.seed=%d): %s %s"
                        .formatted(seed, seed, verdict.findings(), life.broken()));
    }
}
