package io.eventmesh.tests.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.sdk.Ack;
import io.eventmesh.sdk.EventMesh;
import io.eventmesh.sdk.Subscription;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.storage.Start;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * What applications published, what they were told of it, and what their handlers got: orders with a key each, numbered
 * within it.
 */
final class Orders implements AutoCloseable {
    private static final String TOPIC = "orders/eu";
    private static final String PATTERN = "orders/>";
    private static final String GROUP = "billing";
    private static final int KEYS = 40;
    private static final int TICK_MILLIS = 10;
    private static final int MOST_UNANSWERED = 5_000;
    private static final Duration LIMIT = Duration.ofSeconds(60);

    private final ScheduledExecutorService ticks = Executors.newScheduledThreadPool(2);
    private final Set<String> acked = ConcurrentHashMap.newKeySet();
    private final List<String> failures = Collections.synchronizedList(new ArrayList<>());
    private final AtomicInteger unanswered = new AtomicInteger();
    private final List<Subscription> subscriptions = new ArrayList<>();

    private final Set<String> received = new HashSet<>();
    private final Map<String, Integer> newest = new HashMap<>();
    private final List<String> inversions = new ArrayList<>();
    private int repeats;

    /** Publishes from now on, so many a second, with keys of its own; waits while too many are unanswered. */
    void publish(String name, EventMesh client, int rate) {
        int[] next = {0};
        var running = ticks.scheduleAtFixedRate(
                () -> {
                    for (int i = 0; i < rate * TICK_MILLIS / 1_000 && unanswered.get() < MOST_UNANSWERED; i++) {
                        publishOne(client, name + "-" + next[0] % KEYS, next[0] / KEYS);
                        next[0]++;
                    }
                },
                0,
                TICK_MILLIS,
                TimeUnit.MILLISECONDS);
        if (running.isDone()) {
            throw new IllegalStateException("the publisher did not start");
        }
    }

    private void publishOne(EventMesh client, String key, int number) {
        String id = key + "#" + number;
        Event event = Event.builder()
                .id(id)
                .source("/shop")
                .type("order")
                .attribute("partitionkey", key)
                .text("order " + id)
                .build();
        unanswered.incrementAndGet();
        client.publish(TOPIC, event).whenComplete((ack, failure) -> {
            if (failure == null) {
                acked.add(id);
            } else {
                failures.add(id + ": " + EventMeshException.of(failure));
            }
            unanswered.decrementAndGet();
        });
    }

    /** One more member of the group, which needs a moment for each order. */
    void subscribe(EventMesh client) throws Exception {
        subscriptions.add(client.subscribe(PATTERN, GROUP)
                .from(Start.earliest())
                .ack(Ack.EXPLICIT)
                .concurrency(4)
                .maxInFlight(64)
                .handle((event, delivery) -> {
                    got(delivery.event());
                    delivery.ack();
                })
                .ready()
                .get(60, TimeUnit.SECONDS));
    }

    private synchronized void got(Event event) {
        String id = event.id();
        if (!received.add(id)) {
            repeats++;
            return;
        }
        int at = id.indexOf('#');
        String key = id.substring(0, at);
        int number = Integer.parseInt(id.substring(at + 1));
        int before = newest.getOrDefault(key, -1);
        if (number < before) {
            inversions.add("%s came after %d".formatted(id, before));
        } else {
            newest.put(key, number);
        }
    }

    /** Waits until so many more orders were acked and so many more have come. */
    void awaitMore(int count) {
        int ackedThen = acked.size() + count;
        int receivedThen = received() + count;
        await("orders are published and handled").atMost(LIMIT).untilAsserted(() -> {
            assertThat(failures).isEmpty();
            assertThat(acked.size()).isGreaterThanOrEqualTo(ackedThen);
            assertThat(received()).isGreaterThanOrEqualTo(receivedThen);
        });
    }

    /** Publishes nothing more, and waits until everything that was acked has come. */
    void finish() throws InterruptedException {
        ticks.shutdown();
        if (!ticks.awaitTermination(10, TimeUnit.SECONDS)) {
            throw new IllegalStateException("the publishers do not stop");
        }
        await("every publish is answered").atMost(LIMIT).until(() -> unanswered.get() == 0);
        await("every acked order is handled")
                .atMost(LIMIT)
                .untilAsserted(() -> assertThat(missing())
                        .as("acked and not handled, of %d", acked.size())
                        .isEmpty());
    }

    private synchronized List<String> missing() {
        return acked.stream()
                .filter(id -> !received.contains(id))
                .sorted()
                .limit(10)
                .toList();
    }

    synchronized int received() {
        return received.size();
    }

    int acked() {
        return acked.size();
    }

    /** Offers of orders that had come before. */
    synchronized int repeats() {
        return repeats;
    }

    /** Publishes that failed as far as the application was told. */
    List<String> failures() {
        return failures;
    }

    /** Orders that came for the first time after a later one of their key. */
    synchronized List<String> inversions() {
        return List.copyOf(inversions);
    }

    List<Subscription> subscriptions() {
        return subscriptions;
    }

    @Override
    public void close() {
        ticks.shutdownNow();
    }
}
