package io.eventmesh.meta.zookeeper;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.eventmesh.common.time.MeshClock;
import io.eventmesh.spi.meta.MetaStore;
import io.eventmesh.testkit.meta.Told;
import io.eventmesh.testkit.meta.ToldLeadership;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.apache.curator.test.TestingServer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ShortAbsenceTest {
    private static final Duration SESSION = Duration.ofSeconds(30);
    private static final Duration SOON = Duration.ofSeconds(15);

    @TempDir
    private Path data;

    @Test
    void aConnectionThatIsBackWithinTheSessionChangesNothing() throws Exception {
        byte[] value = "here".getBytes(UTF_8);
        ToldLeadership leadership = new ToldLeadership();
        Told<Boolean> connection = new Told<>();
        Told<Map<String, MetaStore.Versioned>> runtimes = new Told<>();
        try (TestingServer server = new TestingServer(true);
                MetaStore store = store(server.getConnectString())) {
            store.start();
            store.register("runtimes/a", value);
            store.watch("runtimes", runtimes);
            store.elect("admin/leader", value, leadership);
            store.watchConnection(connection);
            await().atMost(SOON)
                    .untilAsserted(() -> assertThat(leadership.events()).containsExactly("gained"));
            await().atMost(SOON)
                    .ignoreExceptions()
                    .untilAsserted(() -> assertThat(runtimes.last()).containsOnlyKeys("a"));
            int toldBefore = runtimes.count();

            server.restart();

            await().atMost(SOON)
                    .untilAsserted(() -> assertThat(connection.all()).containsExactly(true, false, true));
            store.get("runtimes/a").toCompletableFuture().get();
            assertThat(leadership.events()).containsExactly("gained");
            assertThat(runtimes.count()).isEqualTo(toldBefore);
        }
        assertThat(leadership.events()).containsExactly("gained", "lost");
    }

    private MetaStore store(String connect) {
        return new ZooKeeperMetaStoreProvider()
                .create(
                        new ZooKeeperConfig(SESSION, Duration.ofSeconds(5), Duration.ofSeconds(5), 0),
                        connect,
                        "default",
                        MeshClock.system(),
                        data);
    }
}
