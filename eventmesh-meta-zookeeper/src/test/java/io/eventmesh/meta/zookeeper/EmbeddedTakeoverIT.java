package io.eventmesh.meta.zookeeper;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.spi.meta.MetaStore;
import io.eventmesh.spi.meta.MetaStore.Versioned;
import io.eventmesh.testkit.meta.Told;
import io.eventmesh.testkit.meta.ToldLeadership;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import org.awaitility.core.ThrowingRunnable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Another process hosts the embedded ZooKeeper, and is killed or stopped. */
class EmbeddedTakeoverIT {
    private static final byte[] HERE = "here".getBytes(UTF_8);

    @TempDir
    private Path data;

    private HostProcess host;
    private MetaStore store;

    @BeforeEach
    void hostAndJoin() throws Exception {
        host = HostProcess.start(data);
        store = HostProcess.store(data);
        store.start();
        assertThat(store.health().detail()).startsWith("joined");
    }

    @AfterEach
    void close() {
        host.close();
        store.close();
    }

    @Test
    void whenTheHostIsKilledTheOtherProcessTakesOverWithAllDataAndRegistrations() throws Exception {
        got(store.put("keys/cluster", HERE, MetaStore.ABSENT));
        got(store.register("runtimes/this", HERE));
        Told<Map<String, Versioned>> runtimes = new Told<>();
        store.watch("runtimes", runtimes);
        until(() -> assertThat(runtimes.last()).containsOnlyKeys("host", "this"));
        ToldLeadership leadership = new ToldLeadership();
        store.elect("admin/leader", HERE, leadership);
        until(() -> assertThat(leadership.events()).containsExactly("gained"));

        host.close();

        until(() -> assertThat(store.health().detail()).startsWith("embedded ZooKeeper"));
        until(() -> assertThat(runtimes.last()).containsOnlyKeys("this"));
        assertThat(got(store.get("keys/cluster")).orElseThrow().value()).isEqualTo(HERE);
        assertThat(got(store.get("runtimes/this"))).isPresent();
        until(() -> assertThat(leadership.events()).endsWith("gained"));
    }

    @Test
    void aStoppedHostIsANoAnswerInTimeAndGoesOnLater() throws Exception {
        got(store.put("a", HERE, MetaStore.ABSENT));
        got(store.register("runtimes/this", HERE));
        Told<Boolean> connection = new Told<>();
        store.watchConnection(connection);

        host.signal("STOP");

        assertThatThrownBy(() -> got(store.get("a")))
                .isInstanceOfSatisfying(
                        EventMeshException.class,
                        failure -> assertThat(failure.code()).isEqualTo(ErrorCode.META_UNAVAILABLE));
        until(() -> assertThat(connection.last()).isFalse());
        assertThat(store.health().detail()).contains("last known state");
        host.signal("CONT");
        until(() -> assertThat(connection.last()).isTrue());
        until(() -> assertThat(got(store.get("runtimes/this"))).isPresent());
        assertThat(got(store.get("a"))).isPresent();
    }

    @Test
    void aStoreClosesInTimeWhileTheHostIsStopped() throws Exception {
        host.signal("STOP");

        CompletionStage<?> unanswered = store.get("a");
        store.close();

        assertThat(unanswered.toCompletableFuture()).isCompletedExceptionally();
        assertThat(Thread.getAllStackTraces().keySet())
                .extracting(Thread::getName)
                .noneMatch(name -> name.startsWith("meta-zookeeper"));
    }

    private static <T> T got(CompletionStage<T> stage) throws Exception {
        try {
            return stage.toCompletableFuture().get(10, SECONDS);
        } catch (ExecutionException failure) {
            throw EventMeshException.of(failure);
        }
    }

    private static void until(ThrowingRunnable assertion) {
        await().ignoreExceptions().atMost(Duration.ofSeconds(20)).untilAsserted(assertion);
    }
}
