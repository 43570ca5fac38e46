package io.eventmesh.runtime.mesh;

import static io.eventmesh.runtime.mesh.MeshFixture.CALLER;
import static io.eventmesh.runtime.mesh.MeshFixture.event;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.eventmesh.common.thread.NamedThreads;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.common.topic.TopicName;
import io.eventmesh.common.topic.TopicPattern;
import io.eventmesh.spi.mesh.Outgoing;
import io.eventmesh.spi.mesh.SubscribeTerms;
import io.eventmesh.spi.storage.DeliveryTerms;
import io.eventmesh.spi.storage.Start;
import io.eventmesh.storage.memory.MemoryStorage;
import io.eventmesh.storage.memory.MemoryStorageConfig;
import io.eventmesh.testkit.ManualTime;
import io.eventmesh.testkit.mesh.RecordingReceiver;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Real threads make streams while others subscribe to all of them. */
class WildcardRaceTest {
    private static final int ROUNDS = 150;
    private static final int PUBLISHERS = 2;
    private static final int STREAMS = 12;

    @Test
    void noEventPublishedAfterTheAnswerOfASubscriptionIsMissed() {
        ExecutorService threads = Executors.newFixedThreadPool(PUBLISHERS + 1, new NamedThreads("race"));
        ExecutorService dispatch = Executors.newFixedThreadPool(1, new NamedThreads("dispatch"));
        MemoryStorage storage = new MemoryStorage(MemoryStorageConfig.defaults(), MeshClock.system());
        storage.start();
        LocalMesh mesh = new LocalMesh(
                storage,
                MeshSettings.defaults("r1").withTopics(new TopicsConfig(true, 1, Map.of())),
                MeshSurroundings.of(MeshClock.system(), new ManualTime(), dispatch, new SimpleMeterRegistry()));
        mesh.start();
        AtomicInteger numbers = new AtomicInteger();
        try {
            for (int round = 0; round < ROUNDS; round++) {
                race(mesh, threads, round, numbers);
            }
        } finally {
            mesh.close();
            storage.close();
            threads.shutdownNow();
            dispatch.shutdownNow();
        }
    }

    private static void race(LocalMesh mesh, ExecutorService threads, int round, AtomicInteger numbers) {
        String namespace = "n" + round;
        RecordingReceiver receiver = new RecordingReceiver();
        CompletableFuture<Void> subscribed = new CompletableFuture<>();
        Queue<String> owed = new ConcurrentLinkedQueue<>();
        List<CompletableFuture<Void>> work = new ArrayList<>();
        for (int publisher = 0; publisher < PUBLISHERS; publisher++) {
            work.add(CompletableFuture.runAsync(
                    () -> {
                        for (int i = 0; i < STREAMS; i++) {
                            // both publishers meet in the same new streams
                            String id = "" + numbers.incrementAndGet();
                            boolean isOwed = subscribed.isDone();
                            mesh.publish(CALLER.inNamespace(namespace), new Outgoing(TopicName.of("s" + i), event(id)))
                                    .toCompletableFuture()
                                    .join();
                            if (isOwed) {
                                owed.add(id);
                            }
                        }
                    },
                    threads));
        }
        SubscribeTerms terms =
                new SubscribeTerms("g", TopicPattern.of("#"), Start.latest(), DeliveryTerms.DEFAULT, "test");
        work.add(CompletableFuture.runAsync(
                () -> mesh.subscribe(CALLER.inNamespace(namespace), terms, receiver)
                        .whenComplete((member, failure) -> {
                            subscribed.complete(null);
                            member.request(1_000_000, 1L << 40);
                        })
                        .toCompletableFuture()
                        .join(),
                threads));
        CompletableFuture.allOf(work.toArray(new CompletableFuture<?>[0])).join();

        await().atMost(Duration.ofSeconds(10))
                .pollInterval(Duration.ofMillis(1))
                .untilAsserted(() -> assertThat(MeshFixture.ids(receiver)).containsAll(owed));
    }
}
