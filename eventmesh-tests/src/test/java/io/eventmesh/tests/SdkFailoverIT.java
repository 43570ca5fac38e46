package io.eventmesh.tests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.sdk.Ack;
import io.eventmesh.sdk.EventMesh;
import io.eventmesh.sdk.PublishAck;
import io.eventmesh.sdk.Subscription;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.storage.Start;
import io.eventmesh.tests.process.Installation;
import io.eventmesh.tests.process.MeshProcess;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.curator.test.InstanceSpec;
import org.apache.curator.test.TestingServer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A client outlives the mesh: it finds the one that came back at another address, and goes on where it was. */
class SdkFailoverIT {
    private static final String TOPIC = "orders/eu";
    private static final String GROUP = "billing";
    /** Published as often as it takes, with answers that come too late among them. */
    private static final String REPEATED = "hasty-3";

    private static final int PUBLISH_EVERY_MILLIS = 5;
    /** An event that was not answered is sent again, so two meshes may each keep it twice at most. */
    private static final int MOST_OFFERS = 4;

    @TempDir
    Path directory;

    private TestingServer zookeeper;
    private Installation installation;
    private ScheduledExecutorService publisher;
    private Future<?> publishing = CompletableFuture.completedFuture(null);
    private final AtomicInteger numbers = new AtomicInteger();
    private final Map<String, CompletableFuture<PublishAck>> published = new ConcurrentHashMap<>();
    private final Map<String, Integer> received = new ConcurrentHashMap<>();

    @BeforeEach
    void begin() throws Exception {
        zookeeper = new TestingServer(new InstanceSpec(null, -1, -1, -1, true, -1, 250, -1), true);
        installation = new Installation(directory);
        publisher = Executors.newSingleThreadScheduledExecutor();
    }

    @AfterEach
    void end() throws Exception {
        publisher.shutdownNow();
        installation.close();
        zookeeper.close();
    }

    @Test
    @Timeout(value = 2, unit = TimeUnit.MINUTES)
    void aClientFindsTheMeshThatCameBackAtAnotherAddress() throws Exception {
        MeshProcess mesh = start();
        String before = mesh.printed("HTTP:\\s+(http\\S+)");
        String address = "zk://" + zookeeper.getConnectString();
        try (EventMesh client = EventMesh.builder().address(address).build();
                EventMesh hasty = EventMesh.builder()
                        .address(address)
                        .publishTimeout(Duration.ofSeconds(1))
                        .build()) {
            Subscription subscription = subscribe(client);
            hasty.publish(TOPIC, event("hasty-1")).get(20, TimeUnit.SECONDS);
            publishOn(client);
            awaitReceived(50);

            mesh.kill();
            int firstAfter = pausedAt();
            publishOn(client);
            assertFailsRetryably(hasty.publish(TOPIC, event("hasty-2")));

            MeshProcess back = start();
            assertThat(back.printed("HTTP:\\s+(http\\S+)")).isNotEqualTo(before);
            assertThat(back.printed("runtime (\\S+)")).isEqualTo(mesh.printed("runtime (\\S+)"));
            awaitPublished(hasty, REPEATED);
            int last = pausedAt();

            CompletableFuture.allOf(published.values().toArray(CompletableFuture[]::new))
                    .get(40, TimeUnit.SECONDS);
            awaitEverything(firstAfter, last);
            assertThat(received).containsKey(REPEATED);
            assertThat(subscription.ended()).isNotDone();
            assertSilence();
        }
    }

    @Test
    @Timeout(value = 1, unit = TimeUnit.MINUTES)
    void aClientConnectsToAnEndpoint() throws Exception {
        String address = start().printed("HTTP:\\s+(http://[^/\\s]+)");
        try (EventMesh client = EventMesh.connect(address)) {
            subscribe(client);

            client.publish(TOPIC, event("one")).get(20, TimeUnit.SECONDS);

            await().atMost(Duration.ofSeconds(20)).until(() -> received.containsKey("one"));
            assertSilence();
            assertThat(received).isEqualTo(Map.of("one", 1));
        }
    }

    private MeshProcess start() {
        return installation
                .start(
                        "mesh",
                        "--role=mesh",
                        "--set",
                        "mesh.http.port=0",
                        "--set",
                        "mesh.grpc.port=0",
                        "--set",
                        "meta.connect=" + zookeeper.getConnectString(),
                        "--set",
                        "meta.zookeeper.session-timeout=2s")
                .awaitReady();
    }

    private Subscription subscribe(EventMesh client) throws Exception {
        Subscription subscription = client.subscribe("orders/>", GROUP)
                .from(Start.earliest())
                .ack(Ack.EXPLICIT)
                .handle((event, delivery) -> {
                    received.merge(event.getId(), 1, Integer::sum);
                    delivery.ack();
                });
        return subscription.ready().get(20, TimeUnit.SECONDS);
    }

    /** Publishes the event again and again until the mesh takes it. */
    private static void awaitPublished(EventMesh client, String id) {
        await("the mesh takes " + id)
                .atMost(Duration.ofSeconds(20))
                .ignoreExceptions()
                .until(() -> client.publish(TOPIC, event(id)).get(5, TimeUnit.SECONDS) != null);
    }

    private void publishNext(EventMesh client) {
        String id = Integer.toString(numbers.getAndIncrement());
        published.put(id, client.publish(TOPIC, event(id)));
    }

    private static Event event(String id) {
        return Event.builder()
                .id(id)
                .source("/test")
                .type("order")
                .text("order " + id)
                .build();
    }

    private void publishOn(EventMesh client) {
        publishing = publisher.scheduleAtFixedRate(
                () -> publishNext(client), 0, PUBLISH_EVERY_MILLIS, TimeUnit.MILLISECONDS);
    }

    /** Stops the publisher; answers the number of the next event, which no mesh of before can have seen. */
    private int pausedAt() throws Exception {
        publishing.cancel(false);
        publisher.shutdown();
        assertThat(publisher.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
        publisher = Executors.newSingleThreadScheduledExecutor();
        return numbers.get();
    }

    private void awaitReceived(int more) {
        int target = received.size() + more;
        await().atMost(Duration.ofSeconds(20)).until(() -> received.size() >= target);
    }

    private static void assertFailsRetryably(CompletableFuture<PublishAck> publish) {
        assertThat(publish)
                .failsWithin(Duration.ofSeconds(20))
                .withThrowableThat()
                .havingCause()
                .isInstanceOfSatisfying(
                        EventMeshException.class,
                        refusal -> assertThat(refusal.code().retry())
                                .as("%s", refusal)
                                .isNotEqualTo(ErrorCode.Retry.NO));
    }

    /** What the new mesh confirmed comes, which is every event that was published after the old one was gone. */
    private void awaitEverything(int first, int last) {
        await("every event from %d to %d is received".formatted(first, last))
                .atMost(Duration.ofSeconds(30))
                .untilAsserted(() -> {
                    Set<Integer> missing = new TreeSet<>();
                    for (int i = first; i < last; i++) {
                        if (!received.containsKey(Integer.toString(i))) {
                            missing.add(i);
                        }
                    }
                    assertThat(missing).as("missing of %d..%d", first, last).isEmpty();
                });
        assertThat(last - first)
                .as("published while no mesh was there, and after")
                .isGreaterThan(100);
        Map<String, Integer> publishedOnce = new TreeMap<>(received);
        publishedOnce.remove(REPEATED);
        assertThat(publishedOnce.values()).allMatch(times -> times <= MOST_OFFERS);
    }

    /** Nothing comes again and again. */
    private void assertSilence() {
        Map<String, Integer> seen = new TreeMap<>(received);
        await("nothing more is delivered")
                .during(Duration.ofSeconds(2))
                .atMost(Duration.ofSeconds(3))
                .until(() -> new TreeMap<>(received).equals(seen));
    }
}
