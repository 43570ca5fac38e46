package io.eventmesh.tests.rules;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.spi.event.Event;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongPredicate;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Rules that are changed again and again while events pass them, and rules and events that mean harm. */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class LiveRulesIT {
    private static final int CHANGES = Integer.getInteger("rules.changes", 100);
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final int WORK = 1_000;
    /** So often may the work be disturbed by other processes until one round shows what the runtimes take by themselves. */
    private static final int MORE_ROUNDS = 15;

    private static final int RULES = 6;
    private static final int SORTED = 800;
    /** What events say that are published before the test's own. */
    private static final long BEFORE = -1;

    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    static Path directory;

    private static RuleCluster cluster;

    private final MeshClock clock = MeshClock.system();

    @BeforeAll
    static void start() throws Exception {
        cluster = new RuleCluster(directory, 2, "topics.partitions=1");
    }

    @AfterAll
    static void stop() throws Exception {
        cluster.close();
    }

    @Test
    void aChangeIsLiveForWhatIsPublishedAfterItAndEachEventIsJudgedByOneRevision() throws Exception {
        ScheduledExecutorService probes = Executors.newSingleThreadScheduledExecutor();
        try (Reader reader = new Reader(cluster.client(), "live", "live")) {
            put(0);
            var probing = probes.scheduleAtFixedRate(this::probe, 0, 5, TimeUnit.MILLISECONDS);
            long[] answered = new long[CHANGES + 1];
            for (int change = 1; change <= CHANGES; change++) {
                put(change);
                answered[change] = clock.nanoTime();
                int newest = change;
                await("change " + change + " is live")
                        .atMost(PATIENCE)
                        .pollInterval(Duration.ofMillis(5))
                        .until(() -> newest(reader) >= newest);
            }
            assertThat(probing.isDone()).isFalse();
            probes.shutdownNow();

            tell(latencies(reader.came(), answered));
            assertThat(reader.ids()).as("probes judged twice").doesNotHaveDuplicates();
            everyResultNamesTheRevisionThatMadeIt();
        } finally {
            probes.shutdownNow();
        }
    }

    @Test
    void bombsAreRefusedOrBoundedAndCostNothingAfterwards() throws Exception {
        try (Reader reader = new Reader(cluster.client(), "harmless", "harmless")) {
            putRule("harmless", """
                    {"patterns": ["work"], "filter": {"data": {"at": [{"exists": true}]}},
                     "targets": [{"name": "out", "kind": "topic", "spec": {"topic": "harmless"}}]}""");
            work(reader);
            work(reader);
            double before = leastOfWork(reader);

            Bombs bombs = new Bombs(cluster);
            bombs.areRefused();
            bombs.areBounded();

            double after = leastOfWork(reader);
            int again = 0;
            while (after > 1.2 * before && ++again < MORE_ROUNDS) {
                after = Math.min(after, work(reader));
            }
            System.out.printf(
                    "function runtimes, processor time of the same work: %.0f ms before the bombs, %.0f ms after (%.2f)%n",
                    before, after, after / before);
            assertThat(after).isLessThanOrEqualTo(1.2 * before);
        }
    }

    @Test
    void theRulesOfABusAreDividedOtherwiseWhileEventsPassAndNoResultIsMissing() throws Exception {
        try (Reader reader = new Reader(cluster.client(), "sorted", "sorted")) {
            putBus(1);
            for (int rule = 0; rule < RULES; rule++) {
                putRule("sort-" + rule, """
                        {"bus": "large",
                         "transforms": [{"kind": "template", "spec": {"paths": {"at": "$.data.at"},
                                         "template": "{\\"sort\\": %d, \\"at\\": <at>}"}}],
                         "targets": [{"name": "out", "kind": "topic", "spec": {"topic": "sorted"}}]}""".formatted(rule));
            }
            await("all rules are live").atMost(PATIENCE).until(() -> {
                publish("large/things", BEFORE);
                return results(reader, at -> at == BEFORE).size() == RULES;
            });
            ScheduledExecutorService ticks = Executors.newSingleThreadScheduledExecutor();
            AtomicInteger sent = new AtomicInteger();
            try {
                var publishing = ticks.scheduleAtFixedRate(
                        () -> {
                            if (sent.get() < SORTED) {
                                publish("large/things", sent.getAndIncrement());
                            }
                        },
                        0,
                        3,
                        TimeUnit.MILLISECONDS);
                for (int change = 1; change <= 3; change++) {
                    int due = change * SORTED / 4;
                    await("so many are published").atMost(PATIENCE).until(() -> sent.get() >= due);
                    putBus(change == 2 ? 2 : 3);
                }
                await("all are published").atMost(PATIENCE).until(() -> sent.get() == SORTED);
                assertThat(publishing.isDone()).isFalse();
            } finally {
                ticks.shutdownNow();
            }

            await("every rule's result of every event")
                    .atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(missing(reader)).isEmpty());
            long all = reader.came().stream()
                    .filter(event -> data(event).path("at").asLong() != BEFORE)
                    .count();
            System.out.printf(
                    "shards 1, 3, 2, 3 while %d events passed %d rules: none missing, %d results twice%n",
                    SORTED, RULES, all - RULES * SORTED);
        }
    }

    /** {@code rule#event}, in order. */
    private static Set<String> missing(Reader reader) {
        Set<String> missing = new TreeSet<>();
        for (int rule = 0; rule < RULES; rule++) {
            for (int event = 0; event < SORTED; event++) {
                missing.add(rule + "#" + event);
            }
        }
        missing.removeAll(results(reader, at -> at != BEFORE));
        return missing;
    }

    private static Set<String> results(Reader reader, LongPredicate which) {
        return reader.came().stream()
                .map(LiveRulesIT::data)
                .filter(data -> which.test(data.path("at").asLong()))
                .map(data -> data.path("sort").asText() + "#" + data.path("at").asText())
                .collect(Collectors.toSet());
    }

    private static void putBus(int shards) {
        cluster.admin()
                .put(
                        "/api/v1/buses/large",
                        "{\"spec\": {\"patterns\": [\"large/>\"], \"shards\": %d}}".formatted(shards));
    }

    /**
     * The least that the same work took of several times: what comes and goes, compilers and collections, is not in all of
     * them; a thread that burns is.
     */
    private double leastOfWork(Reader reader) throws Exception {
        double least = work(reader);
        for (int again = 0; again < 2; again++) {
            least = Math.min(least, work(reader));
        }
        return least;
    }

    /** Two seconds of events by a rule; processor milliseconds that both function runtimes took. */
    private double work(Reader reader) throws Exception {
        int had = reader.came().size();
        double before = cluster.function(0).cpuMillis() + cluster.function(1).cpuMillis();
        ScheduledExecutorService ticks = Executors.newSingleThreadScheduledExecutor();
        try {
            AtomicInteger sent = new AtomicInteger();
            ticks.scheduleAtFixedRate(
                            () -> {
                                if (sent.getAndIncrement() < WORK) {
                                    publish("work", clock.nanoTime());
                                }
                            },
                            0,
                            2,
                            TimeUnit.MILLISECONDS)
                    .isDone();
            await("the work is done").atMost(PATIENCE).until(() -> reader.came().size() >= had + WORK);
        } finally {
            ticks.shutdownNow();
        }
        return cluster.function(0).cpuMillis() + cluster.function(1).cpuMillis() - before;
    }

    private void probe() {
        publish("probes", clock.nanoTime());
    }

    private static void publish(String topic, long at) {
        cluster.client()
                .publish(
                        topic,
                        Event.builder()
                                .id("probe-" + at)
                                .source("/probe")
                                .type("probe")
                                .dataContentType("application/json")
                                .text("{\"at\":%d}".formatted(at))
                                .build())
                .exceptionally(failure -> null);
    }

    private static void put(int change) {
        putRule("live", """
                {"patterns": ["probes"],
                 "transforms": [{"kind": "template", "spec": {"paths": {"at": "$.data.at"},
                                 "template": "{\\"change\\": %d, \\"at\\": <at>}"}}],
                 "targets": [{"name": "out", "kind": "topic", "spec": {"topic": "live"}}]}""".formatted(change));
    }

    private static void putRule(String name, String spec) {
        cluster.admin().put("/api/v1/rules/" + name, "{\"spec\": " + spec + "}");
    }

    private static int newest(Reader reader) {
        List<Event> came = reader.came();
        return came.isEmpty()
                ? -1
                : data(came.get(came.size() - 1)).path("change").asInt();
    }

    /**
     * From the answer to a change to the last event, published after it, that was judged by an older revision, at any of
     * the runtimes; in milliseconds.
     */
    private static double[] latencies(List<Event> came, long[] answered) {
        double[] millis = new double[answered.length - 1];
        for (Event event : came) {
            JsonNode data = data(event);
            for (int change = data.path("change").asInt() + 1; change < answered.length; change++) {
                double late = (data.path("at").asLong() - answered[change]) / 1e6;
                millis[change - 1] = Math.max(millis[change - 1], late);
            }
        }
        Arrays.sort(millis);
        return millis;
    }

    private static void tell(double[] sorted) {
        System.out.printf(
                "a change of a rule is live after: p50 %.0f ms, p99 %.0f ms, at most %.0f ms (%d changes)%n",
                sorted[sorted.length / 2],
                sorted[(int) Math.ceil(sorted.length * 0.99) - 1],
                sorted[sorted.length - 1],
                sorted.length);
    }

    private static void everyResultNamesTheRevisionThatMadeIt() {
        JsonNode stored = cluster.admin().get("/api/v1/streams/live/events?partition=0&limit=100");

        assertThat(stored.path("items")).isNotEmpty().allSatisfy(event -> {
            int change = event.at("/event/data/change").asInt();
            assertThat(event.path("target").asText()).isEqualTo("live/out@" + (change + 1));
        });
    }

    private static JsonNode data(Event event) {
        try {
            return JSON.readTree(new String(event.data(), StandardCharsets.UTF_8));
        } catch (java.io.IOException notJson) {
            throw new java.io.UncheckedIOException(notJson);
        }
    }
}
