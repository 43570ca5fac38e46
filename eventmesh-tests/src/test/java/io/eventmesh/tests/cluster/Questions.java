package io.eventmesh.tests.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.sdk.EventMesh;
import io.eventmesh.spi.event.Event;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** Applications that ask and one that answers, wherever each of them is connected. */
final class Questions implements AutoCloseable {
    private static final String TOPIC = "quotes";
    private static final Duration PATIENCE = Duration.ofSeconds(40);
    private static final int EVERY_MILLIS = 50;
    private static final int MOST_WAITING = 100;

    private final ScheduledExecutorService ticks = Executors.newSingleThreadScheduledExecutor();
    private final AtomicInteger number = new AtomicInteger();
    private final AtomicInteger waiting = new AtomicInteger();
    private final AtomicInteger answered = new AtomicInteger();
    private final AtomicInteger late = new AtomicInteger();
    private final List<String> failures = Collections.synchronizedList(new ArrayList<>());

    /** Answers every question from now on. */
    void answer(EventMesh client) throws Exception {
        var ready = client.subscribe(TOPIC, "desk")
                .handle((event, delivery) -> delivery.reply(event("answer to " + event.getId()))
                        .whenComplete((done, failure) -> {
                            if (failure != null) {
                                notTaken(EventMeshException.of(failure));
                            }
                        }))
                .ready()
                .get(60, TimeUnit.SECONDS);
        assertThat(ready.ended()).isNotDone();
    }

    /** A question that was asked again elsewhere has its answer already. */
    private void notTaken(EventMeshException failure) {
        if (failure.code() == ErrorCode.NOT_FOUND) {
            late.incrementAndGet();
        } else {
            failures.add("reply: " + failure);
        }
    }

    /** Asks from now on. */
    void ask(EventMesh client) {
        var running = ticks.scheduleAtFixedRate(() -> askOne(client), 0, EVERY_MILLIS, TimeUnit.MILLISECONDS);
        assertThat(running.isDone()).isFalse();
    }

    private void askOne(EventMesh client) {
        if (waiting.get() >= MOST_WAITING) {
            return;
        }
        String id = "question-" + number.getAndIncrement();
        waiting.incrementAndGet();
        client.request(TOPIC, event(id), PATIENCE).whenComplete((reply, failure) -> {
            if (failure != null) {
                failures.add(id + ": " + EventMeshException.of(failure));
            } else if (reply.id().equals("answer to " + id)) {
                answered.incrementAndGet();
            } else {
                failures.add(id + ": got " + reply.id());
            }
            waiting.decrementAndGet();
        });
    }

    private static Event event(String id) {
        return Event.builder().id(id).source("/desk").type("quote").text(id).build();
    }

    /** Asks nothing more, and waits for the answers. */
    void finish() throws InterruptedException {
        ticks.shutdown();
        assertThat(ticks.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
        await("every question is answered").atMost(PATIENCE.plusSeconds(10)).until(() -> waiting.get() == 0);
    }

    int answered() {
        return answered.get();
    }

    /** Replies that nobody waited for any more. */
    int late() {
        return late.get();
    }

    /** Requests and replies that failed as far as their applications were told. */
    List<String> failures() {
        return failures;
    }

    @Override
    public void close() {
        ticks.shutdownNow();
    }
}
