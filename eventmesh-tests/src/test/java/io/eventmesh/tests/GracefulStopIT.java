package io.eventmesh.tests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.eventmesh.sdk.EventMesh;
import io.eventmesh.sdk.PublishAck;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.storage.RetryPolicy;
import io.eventmesh.tests.process.Installation;
import io.eventmesh.tests.process.MeshProcess;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.curator.test.TestingServer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A mesh that is told to end does so in time while it is busy, and says what goes with its memory. */
class GracefulStopIT {
    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final Pattern LEFT = Pattern.compile("what it held is gone\\. .*events=(\\d+)");

    @TempDir
    Path directory;

    @Test
    @Timeout(value = 2, unit = TimeUnit.MINUTES)
    void aBusyMeshEndsInTimeAndSaysWhatIsLost() throws Exception {
        AtomicInteger number = new AtomicInteger();
        AtomicInteger stored = new AtomicInteger();
        ScheduledExecutorService publisher = Executors.newSingleThreadScheduledExecutor();
        try (TestingServer zookeeper = new TestingServer(true);
                Installation installation = new Installation(directory);
                EventMesh client = EventMesh.builder()
                        .address("zk://" + zookeeper.getConnectString())
                        .build()) {
            MeshProcess mesh = start(installation, zookeeper).awaitReady();
            client.subscribe("orders/>", "slow")
                    .retry(new RetryPolicy(1_000, Duration.ofSeconds(5), 1, Duration.ofSeconds(5)))
                    .handle((event, delivery) -> {
                        throw new IllegalStateException("not today");
                    })
                    .ready()
                    .get(20, TimeUnit.SECONDS);
            Future<?> publishing = publisher.scheduleAtFixedRate(
                    () -> {
                        for (int i = 0; i < 20; i++) {
                            CompletionStage<PublishAck> ack =
                                    client.publish("orders/eu", event(number.incrementAndGet()));
                            ack.thenRun(stored::incrementAndGet);
                        }
                    },
                    0,
                    10,
                    TimeUnit.MILLISECONDS);
            await().atMost(Duration.ofSeconds(20)).until(() -> stored.get() > 500);

            mesh.terminate();

            assertThat(mesh.awaitExit(LIMIT)).as("%s", mesh.err()).isIn(0, 143);
            publishing.cancel(false);
            Matcher left = LEFT.matcher(mesh.out() + mesh.err());
            assertThat(left.find()).as("%s%n%s", mesh.out(), mesh.err()).isTrue();
            assertThat(Integer.parseInt(left.group(1)))
                    .as("events that were confirmed: %d", stored.get())
                    .isGreaterThanOrEqualTo(stored.get());
        } finally {
            publisher.shutdownNow();
        }
    }

    private static MeshProcess start(Installation installation, TestingServer zookeeper) {
        return installation.start(
                "mesh",
                "--role=mesh",
                "--set",
                "mesh.http.port=0",
                "--set",
                "mesh.grpc.port=0",
                "--set",
                "meta.connect=" + zookeeper.getConnectString());
    }

    private static Event event(int number) {
        return Event.builder()
                .id(Integer.toString(number))
                .source("/test")
                .type("order")
                .text("order " + number)
                .build();
    }
}
