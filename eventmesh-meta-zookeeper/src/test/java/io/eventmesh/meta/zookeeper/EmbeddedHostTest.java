package io.eventmesh.meta.zookeeper;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.spi.meta.MetaStore;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import org.apache.curator.test.TestingServer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmbeddedHostTest {
    private static final MetaStore NONE = new ZooKeeperMetaStoreProvider()
            .create(ZooKeeperConfig.defaults(), "", "none", MeshClock.system(), Path.of("none"));

    @TempDir
    private Path data;

    private MetaStore first = NONE;
    private MetaStore second = NONE;

    @AfterEach
    void close() {
        // this order: see RATIONALE.md on two stores in one process
        second.close();
        first.close();
    }

    @Test
    void theFirstHostsAndTheSecondJoins() throws Exception {
        first = store(0);
        first.start();
        second = store(0);
        second.start();

        first.put("a", "1".getBytes(UTF_8), MetaStore.ABSENT)
                .toCompletableFuture()
                .get(5, SECONDS);

        assertThat(first.health().detail()).matches("embedded ZooKeeper 127\\.0\\.0\\.1:\\d+");
        assertThat(second.health().detail())
                .matches("joined the embedded ZooKeeper of another process 127\\.0\\.0\\.1:\\d+");
        assertThat(second.get("a").toCompletableFuture().get(5, SECONDS)).isPresent();
    }

    @Test
    void whenTheHostClosesTheOtherTakesDataAndPortOver() throws Exception {
        first = store(0);
        first.start();
        second = store(0);
        second.start();
        String where = first.health().detail().replaceAll(".* ", "");
        first.put("a", "kept".getBytes(UTF_8), MetaStore.ABSENT)
                .toCompletableFuture()
                .get(5, SECONDS);

        first.close();

        await().atMost(Duration.ofSeconds(10))
                .untilAsserted(() -> assertThat(second.health().detail()).isEqualTo("embedded ZooKeeper " + where));
        await().atMost(Duration.ofSeconds(10))
                .ignoreExceptions()
                .untilAsserted(() -> assertThat(second.get("a")
                                .toCompletableFuture()
                                .get(5, SECONDS)
                                .orElseThrow()
                                .value())
                        .isEqualTo("kept".getBytes(UTF_8)));
    }

    @Test
    void aTakenPortRefusesTheStartAndNamesTheKey() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            first = store(taken.getLocalPort());

            assertThatThrownBy(first::start)
                    .isInstanceOfSatisfying(
                            EventMeshException.class,
                            refusal -> assertThat(refusal.code()).isEqualTo(ErrorCode.PORT_IN_USE))
                    .hasMessageContaining(Integer.toString(taken.getLocalPort()))
                    .hasMessageContaining("meta.zookeeper.embedded-port")
                    .hasMessageContaining("EVENTMESH_META_ZOOKEEPER_EMBEDDED_PORT");
        }
    }

    @Test
    void aForeignZooKeeperOnThePortIsNotUsedUnasked() throws Exception {
        try (TestingServer foreign = new TestingServer(true)) {
            first = store(foreign.getPort());

            assertThatThrownBy(first::start)
                    .isInstanceOfSatisfying(
                            EventMeshException.class,
                            refusal -> assertThat(refusal.code()).isEqualTo(ErrorCode.PORT_IN_USE))
                    .hasMessageContaining("set meta.connect to 127.0.0.1:" + foreign.getPort());
        }
    }

    @Test
    void aRefusedStartLeavesTheLockToOthers() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            first = store(taken.getLocalPort());
            assertThatThrownBy(first::start).isInstanceOf(EventMeshException.class);
        }

        second = store(0);
        second.start();

        assertThat(second.health().detail()).startsWith("embedded ZooKeeper");
    }

    @Test
    void noThreadIsLeftAfterClose() throws Exception {
        first = store(0);
        first.start();

        first.close();

        await().atMost(Duration.ofSeconds(5))
                .untilAsserted(() -> assertThat(Thread.getAllStackTraces().keySet())
                        .extracting(Thread::getName)
                        .noneMatch(name -> name.startsWith("meta-")
                                || name.contains("SendThread")
                                || name.contains("SyncThread")
                                || name.contains("NIOServerCxn")
                                || name.contains("NIOWorker")
                                || name.contains("SessionTracker")
                                || name.contains("ProcessThread")));
    }

    private MetaStore store(int port) {
        return new ZooKeeperMetaStoreProvider()
                .create(
                        new ZooKeeperConfig(Duration.ofSeconds(4), Duration.ofSeconds(10), Duration.ofSeconds(5), port),
                        "",
                        "default",
                        MeshClock.system(),
                        data);
    }
}
