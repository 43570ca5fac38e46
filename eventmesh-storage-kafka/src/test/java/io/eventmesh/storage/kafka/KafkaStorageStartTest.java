package io.eventmesh.storage.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.lifecycle.Health;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.testkit.Threads;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A start without Kafka ends, and leaves nothing. */
@Timeout(30)
class KafkaStorageStartTest {
    @Test
    void aStartWithoutABrokerIsRefusedInTime() throws IOException {
        refusesToStart("127.0.0.1:" + closedPort());
    }

    @Test
    void aStartAtSomethingThatNeverAnswersIsRefusedInTime() throws IOException {
        try (ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            refusesToStart("127.0.0.1:" + silent.getLocalPort());
        }
    }

    @Test
    void aBrokerWhoseNameNobodyKnowsIsRefused() {
        refusesToStart("no-such-host.invalid:9092");
    }

    @Test
    void whatIsClosedWhileItStartsLeavesNothing() throws Exception {
        try (ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            Threads threads = Threads.now();
            KafkaStorageConfig config = Storages.withStartTimeout(
                    Storages.config("127.0.0.1:" + silent.getLocalPort(), "start"), Duration.ofSeconds(2));
            KafkaStorage storage = Storages.storage(config, MeshClock.system());
            CompletableFuture<Void> starting = CompletableFuture.runAsync(storage::start);
            Awaitility.await()
                    .atMost(Duration.ofSeconds(10))
                    .until(() -> !threads.since().isEmpty());

            storage.close();

            assertThat(starting).failsWithin(Duration.ofSeconds(20));
            threads.assertNoneLeft();
        }
    }

    private static int closedPort() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return taken.getLocalPort();
        }
    }

    private static void refusesToStart(String bootstrap) {
        Threads threads = Threads.now();
        KafkaStorageConfig config =
                Storages.withStartTimeout(Storages.config(bootstrap, "start"), Duration.ofSeconds(1));
        KafkaStorage storage = Storages.storage(config, MeshClock.system());

        assertThatThrownBy(storage::start)
                .isInstanceOfSatisfying(
                        EventMeshException.class,
                        refused -> assertThat(refused.code()).isEqualTo(ErrorCode.STORAGE_UNAVAILABLE))
                .hasMessageContaining(bootstrap);

        assertThat(storage.health().state()).isEqualTo(Health.State.DOWN);
        storage.close();
        threads.assertNoneLeft();
    }
}
