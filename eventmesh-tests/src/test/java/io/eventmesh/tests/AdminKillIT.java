package io.eventmesh.tests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.eventmesh.spi.mesh.TaskFence;
import io.eventmesh.spi.meta.MetaPaths;
import io.eventmesh.spi.meta.RuntimeRegistration;
import io.eventmesh.tests.process.Installation;
import io.eventmesh.tests.process.MeshProcess;
import io.eventmesh.tests.process.Rest;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.retry.RetryOneTime;
import org.apache.curator.test.InstanceSpec;
import org.apache.curator.test.TestingServer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The admin is killed again and again at a random moment while a task changes its owner several times a second: the
 * next life of the admin knows every epoch that was ever given, and every position that was ever confirmed.
 *
 * <p>{@code -Dadmin-kill.seed=N} repeats the moments of a run, {@code -Dadmin-kill.rounds=N} makes more of them.
 */
class AdminKillIT {
    private static final int ROUNDS = Integer.getInteger("admin-kill.rounds", 4);
    private static final long SEED = Long.getLong("admin-kill.seed", new Random().nextLong());
    private static final String ROOT = "/eventmesh/default/";
    private static final String KEY = "the-key-of-the-runtimes-of-this-test";
    private static final int LONGEST_LIFE_MILLIS = 1_000;
    private static final int LONGEST_START_MILLIS = 3_000;
    /** Sessions of killed processes end soon only where the server's tick is short. */
    private static final int TICK_MILLIS = 250;

    @TempDir
    Path directory;

    private final Random random = new Random(SEED);
    private final Rights rights = new Rights();
    private final ScheduledExecutorService killer = Executors.newSingleThreadScheduledExecutor();
    private TestingServer zookeeper;
    private CuratorFramework meta;
    private Installation installation;
    private List<RestlessRuntime> runtimes;

    @BeforeEach
    void begin() throws Exception {
        zookeeper = new TestingServer(new InstanceSpec(null, -1, -1, -1, true, -1, TICK_MILLIS, -1), true);
        meta = CuratorFrameworkFactory.newClient(zookeeper.getConnectString(), new RetryOneTime(100));
        meta.start();
        installation = new Installation(directory);
        runtimes = List.of(new RestlessRuntime("one", KEY, rights), new RestlessRuntime("two", KEY, rights));
    }

    @AfterEach
    void end() throws Exception {
        runtimes.forEach(RestlessRuntime::close);
        killer.shutdownNow();
        installation.close();
        meta.close();
        zookeeper.close();
    }

    @Test
    @Timeout(value = 10, unit = TimeUnit.MINUTES)
    void theAdminsNextLifeKnowsEveryEpochThatWasEverGiven() throws Exception {
        MeshProcess admin = start().awaitReady();
        rest(admin).put("/api/v1/connectors/restless", """
                        {"spec": {"plugin": "file", "kind": "SOURCE", "topic": "lines", "config": {"path": "%s"}}}""".formatted(directory.resolve("lines.txt")));
        connect(admin);
        awaitRightsAfter(0);

        for (int round = 1; round <= ROUNDS; round++) {
            killIn(admin, random.nextInt(LONGEST_LIFE_MILLIS));
            if (random.nextInt(5) == 0) {
                killIn(start(), random.nextInt(LONGEST_START_MILLIS));
            }
            admin = start().awaitReady();
            assertKnown(admin, round);
            long epoch = rights.epoch();
            long term = rights.term();
            int fenced = rights.fenced();
            connect(admin);
            awaitRightsAfter(epoch);
            assertThat(rights.term()).as("term after round %d", round).isGreaterThan(term);
            await("a commit under an older right is refused")
                    .atMost(Duration.ofSeconds(20))
                    .pollInterval(Duration.ofMillis(20))
                    .until(() -> rights.fenced() > fenced);
            assertThat(rights.contradictions())
                    .as("round %d, seed %d", round, SEED)
                    .isEmpty();
        }

        System.out.printf("admin killed %d times: seed=%d %s%n", ROUNDS, SEED, rights);
        assertThat(rights.epoch()).isGreaterThan(2L * ROUNDS);
    }

    /** What is stored, before a runtime has told this admin anything. */
    private void assertKnown(MeshProcess admin, int round) throws Exception {
        JsonNode task = rest(admin).get("/api/v1/tasks").path("items").path(0);
        TaskFence stored = new TaskFence(
                task.at("/metadata/name").asText(),
                task.at("/status/term").asLong(),
                task.at("/status/epoch").asLong());
        String when = "round %d, seed %d: %s, then stored: %s".formatted(round, SEED, rights, task);

        assertThat(rights.newest()).as(when).hasValueSatisfying(newest -> {
            assertThat(stored.task()).as(when).isEqualTo(newest.task());
            assertThat(stored.term()).as(when).isGreaterThanOrEqualTo(newest.term());
            assertThat(stored.epoch()).as(when).isGreaterThanOrEqualTo(newest.epoch());
        });
        assertThat(published(stored.task()).isNewerThan(stored))
                .as("the published fence %s is newer; %s", published(stored.task()), when)
                .isFalse();
    }

    private TaskFence published(String task) throws Exception {
        byte[] value = meta.getData().forPath(ROOT + MetaPaths.FENCES + "/" + task);
        String[] right = new String(value, StandardCharsets.UTF_8).split(":", -1);
        return new TaskFence(task, Long.parseLong(right[0]), Long.parseLong(right[1]));
    }

    private void awaitRightsAfter(long epoch) {
        await("the task is given anew")
                .atMost(Duration.ofSeconds(20))
                .pollInterval(Duration.ofMillis(10))
                .untilAsserted(() -> assertThat(rights.epoch())
                        .as("seed %d, contradictions: %s", SEED, rights.contradictions())
                        .isGreaterThan(epoch));
    }

    private MeshProcess start() {
        return installation.run(
                "admin",
                Map.of("EVENTMESH_SECURITY_CLUSTER_KEY", KEY),
                "bin/start.sh",
                "--role=admin",
                "--set",
                "admin.http.port=0",
                "--set",
                "admin.grpc.port=0",
                "--set",
                "admin.lease=1s",
                "--set",
                "meta.connect=" + zookeeper.getConnectString(),
                "--set",
                "meta.zookeeper.session-timeout=2s");
    }

    private void killIn(MeshProcess admin, int millis) throws Exception {
        killer.schedule(admin::kill, millis, TimeUnit.MILLISECONDS).get(1, TimeUnit.MINUTES);
    }

    private static Rest rest(MeshProcess admin) {
        return new Rest(admin.printed("Admin:\\s+(http://[^/\\s]+)"));
    }

    private void connect(MeshProcess admin) throws Exception {
        String id = admin.printed("runtime (\\S+)");
        RuntimeRegistration registration =
                RuntimeRegistration.decode(meta.getData().forPath(ROOT + MetaPaths.RUNTIMES + "/" + id));
        Optional<String> grpc = registration.endpoint("admin.grpc");
        assertThat(grpc).as("%s", registration).isPresent();
        runtimes.forEach(runtime -> runtime.connect(grpc.get()));
    }
}
