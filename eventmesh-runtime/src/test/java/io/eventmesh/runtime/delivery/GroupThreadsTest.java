package io.eventmesh.runtime.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.thread.NamedThreads;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.common.time.Scheduler;
import io.eventmesh.common.topic.StreamName;
import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.common.topic.TopicName;
import io.eventmesh.common.topic.TopicPattern;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.mesh.Delivery;
import io.eventmesh.spi.mesh.Receiver;
import io.eventmesh.spi.storage.DeliveryTerms;
import io.eventmesh.spi.storage.EventRecord;
import io.eventmesh.spi.storage.Start;
import io.eventmesh.spi.storage.StreamSettings;
import io.eventmesh.storage.memory.MemoryStorage;
import io.eventmesh.storage.memory.MemoryStorageConfig;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A group under threads that publish, ack, join and leave as they like. */
class GroupThreadsTest {
    private static final StreamName ORDERS = new StreamName("default", "orders");
    private static final SubscriptionName NAME = new SubscriptionName("default", "g", TopicPattern.of("orders/>"));
    private static final int PUBLISHERS = 2;
    private static final int EACH = 3_000;
    private static final int KEYS = 7;

    private final ExecutorService threads = Executors.newFixedThreadPool(4, new NamedThreads("test"));
    private final ExecutorService dispatch = Executors.newFixedThreadPool(2, new NamedThreads("dispatch"));
    private final ScheduledExecutorService timer = Executors.newScheduledThreadPool(1, new NamedThreads("timer"));
    private final MemoryStorage storage = new MemoryStorage(MemoryStorageConfig.defaults(), MeshClock.system());

    private final Set<String> acked = ConcurrentHashMap.newKeySet();
    /** By key, the number of the last event that was offered for the first time. */
    private final Map<String, Integer> newest = new ConcurrentHashMap<>();

    private final Set<String> seen = new HashSet<>();
    private final AtomicInteger outOfOrder = new AtomicInteger();
    private final AtomicInteger overtaken = new AtomicInteger();

    @AfterEach
    void stop() {
        threads.shutdownNow();
        dispatch.shutdownNow();
        timer.shutdownNow();
        storage.close();
    }

    /** Acks on a thread of its own, and perhaps dies with what it has in hand. */
    private final class Acking implements Receiver {
        private final CompletableFuture<LaneMember> member = new CompletableFuture<>();
        private final AtomicInteger left;
        private volatile boolean dead;

        Acking(int lives) {
            left = new AtomicInteger(lives);
        }

        @Override
        public void deliver(Delivery delivery) {
            note(delivery);
            threads.execute(() -> settle(delivery));
        }

        private void settle(Delivery delivery) {
            if (dead) {
                return;
            }
            LaneMember to = member.join();
            if (left.decrementAndGet() == 0) {
                dead = true;
                to.close();
                return;
            }
            acked.add(delivery.record().event().id());
            to.ack(delivery.id());
            to.request(1, 1_000);
        }

        @Override
        public void closed(@Nullable EventMeshException cause) {}
    }

    /** Called by the group only, one at a time. */
    private void note(Delivery delivery) {
        EventRecord record = delivery.record();
        String key = record.key();
        if (key == null || !seen.add(record.event().id())) {
            return;
        }
        int number = Integer.parseInt(record.event().id().substring(key.length() + 1));
        Integer before = newest.put(key, number);
        if (before != null && before > number) {
            outOfOrder.incrementAndGet();
        }
        if (before != null && !acked.contains(key + ":" + before)) {
            overtaken.incrementAndGet();
        }
    }

    private Scheduler scheduler() {
        return (delay, task) -> {
            Future<?> scheduled = timer.schedule(task, delay.toNanos(), TimeUnit.NANOSECONDS);
            return () -> scheduled.cancel(false);
        };
    }

    private static <T> T now(CompletionStage<T> stage) {
        return stage.toCompletableFuture().orTimeout(20, TimeUnit.SECONDS).join();
    }

    private void join(Group group, int lives) {
        Acking acking = new Acking(lives);
        LaneMember member = now(group.attach(null, "test", acking)).orElseThrow();
        acking.member.complete(member);
        member.request(50, 1L << 30);
    }

    @Test
    void nothingIsLostAndEachKeyKeepsItsOrderWhileMembersDie() throws Exception {
        storage.start();
        now(storage.createStream(ORDERS, new StreamSettings(2)));
        now(storage.createGroup(NAME, Set.of(ORDERS), DeliveryTerms.DEFAULT, Start.earliest()));
        DeliveryEnvironment environment = new DeliveryEnvironment(
                storage,
                MeshClock.system(),
                scheduler(),
                dispatch,
                DeliverySettings.defaults(),
                new DeliveryCounters(new SimpleMeterRegistry()),
                new Random(1),
                (namespace, topic, event, original) ->
                        CompletableFuture.failedFuture(new AssertionError("nothing may die here: " + event)),
                task -> Optional.empty());
        Group group = new Group(
                environment,
                new Group.Identity(NAME, DeliveryTerms.DEFAULT, LaneRule.BY_KEY, EventFilter.ALL, false),
                closed -> {});
        join(group, Integer.MAX_VALUE);
        CountDownLatch published = new CountDownLatch(PUBLISHERS);
        for (int publisher = 0; publisher < PUBLISHERS; publisher++) {
            int own = publisher;
            Thread thread = new NamedThreads("publisher").newThread(() -> publish(own, published));
            thread.start();
        }

        for (int i = 0; i < 20; i++) {
            join(group, 50 + i);
        }

        assertThat(published.await(20, TimeUnit.SECONDS)).isTrue();
        Awaitility.await()
                .atMost(Duration.ofSeconds(20))
                .untilAsserted(() -> assertThat(acked).hasSize(PUBLISHERS * EACH));
        Awaitility.await()
                .atMost(Duration.ofSeconds(5))
                .untilAsserted(
                        () -> assertThat(storage.group(NAME).orElseThrow().lagEvents())
                                .isZero());
        assertThat(outOfOrder).hasValue(0);
        assertThat(overtaken).hasValue(0);
        assertThat(group.snapshot().inFlight()).isZero();
        now(group.close(null));
    }

    private void publish(int publisher, CountDownLatch published) {
        for (int i = 0; i < EACH; i++) {
            String key = publisher + "k" + i % KEYS;
            Event event =
                    Event.builder().id(key + ":" + i).source("/s").type("t").build();
            EventRecord record = new EventRecord(TopicName.of("orders/new"), key, 1, 0, null, null, null, 0, event);
            now(storage.append(ORDERS, List.of(record), 0).get(0));
        }
        published.countDown();
    }
}
