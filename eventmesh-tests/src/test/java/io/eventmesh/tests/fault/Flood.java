package io.eventmesh.tests.fault;

import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.sdk.EventMesh;
import io.eventmesh.sdk.PublishAck;
import io.eventmesh.spi.event.Event;
import io.eventmesh.testkit.checker.EventId;
import io.eventmesh.testkit.checker.Fingerprint;
import io.eventmesh.testkit.checker.History;
import io.eventmesh.testkit.checker.Observation;
import io.eventmesh.testkit.checker.Outcome;
import java.util.Queue;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Publishes at a steady rate over one client's publish stream, and notes what became of each event. While too many are
 * unanswered it waits, so that an outage does not become a backlog of its own.
 */
public final class Flood implements Publishing {
    private static final int TICK_MILLIS = 5;
    private static final int MOST_UNANSWERED = 2_500;
    private static final int KEYS = 1_000;

    private final Route route;
    private final String name;
    private final EventMesh client;
    private final int rate;
    private final String filling;
    private final MeshClock clock = MeshClock.system();
    private final Queue<Observation> seen = new ConcurrentLinkedQueue<>();
    private final AtomicInteger unanswered = new AtomicInteger();
    private final AtomicInteger stored = new AtomicInteger();
    private final AtomicInteger failed = new AtomicInteger();
    private final AtomicReference<@Nullable String> failure = new AtomicReference<>();
    private final ScheduledExecutorService ticks = Executors.newSingleThreadScheduledExecutor();
    private long begin;
    private long due;
    private long seq;

    /**
     * @param rate events a second
     * @param size bytes of each event's data, at least
     */
    Flood(String name, EventMesh client, int rate, int size) {
        this(Route.ORDERS, name, client, rate, size);
    }

    /** Publishes elsewhere. */
    public Flood(Route route, String name, EventMesh client, int rate, int size) {
        this.route = route;
        this.name = name;
        this.client = client;
        this.rate = rate;
        this.filling = "x".repeat(size);
    }

    public Flood start() {
        begin = clock.nanoTime();
        var running = ticks.scheduleAtFixedRate(this::tick, 0, TICK_MILLIS, TimeUnit.MILLISECONDS);
        if (running.isDone()) {
            throw new IllegalStateException("the producer did not start");
        }
        return this;
    }

    private void tick() {
        long wanted = (clock.nanoTime() - begin) * rate / 1_000_000_000L;
        // what an outage kept back is not made up for
        due = Math.max(due, wanted - rate / 10);
        for (; due < wanted && unanswered.get() < MOST_UNANSWERED; due++) {
            publish();
        }
    }

    private void publish() {
        EventId id = new EventId(name, seq++);
        String topic = route.topic();
        String key = "k" + id.seq() % KEYS;
        Event event = Event.builder()
                .id(id.toString())
                .source("/flood")
                .type("order")
                .attribute("partitionkey", key)
                .text(filling + id)
                .build();
        seen.add(new Observation.Sending(clock.nanoTime(), id, topic, key, Fingerprint.of(topic, event)));
        unanswered.incrementAndGet();
        client.publish(topic, event).whenComplete((ack, failure) -> {
            answered(id, ack, failure);
            unanswered.decrementAndGet();
        });
    }

    private void answered(EventId id, @Nullable PublishAck ack, @Nullable Throwable failure) {
        long now = clock.nanoTime();
        if (ack != null) {
            stored.incrementAndGet();
            seen.add(new Observation.Answered(now, id, Outcome.OK, route.place(ack)));
        } else {
            failed.incrementAndGet();
            this.failure.compareAndSet(null, String.valueOf(failure));
            seen.add(new Observation.Answered(now, id, outcome(failure), null));
        }
    }

    /** What is refused for good is not stored; whatever was sent again before it failed may be. */
    private static Outcome outcome(@Nullable Throwable failure) {
        if (failure == null) {
            return Outcome.UNKNOWN;
        }
        return switch (EventMeshException.of(failure).code()) {
            case EVENT_INVALID, EVENT_TOO_LARGE, REQUEST_INVALID, PERMISSION_DENIED, UNAUTHENTICATED -> Outcome.FAIL;
            default -> Outcome.UNKNOWN;
        };
    }

    @Override
    public int stored() {
        return stored.get();
    }

    @Override
    public int failed() {
        return failed.get();
    }

    @Override
    public @Nullable String failure() {
        return failure.get();
    }

    @Override
    public void stop() throws InterruptedException {
        ticks.shutdown();
        if (!ticks.awaitTermination(10, TimeUnit.SECONDS)) {
            throw new IllegalStateException("the producer does not stop");
        }
    }

    @Override
    public boolean isAnswered() {
        return unanswered.get() == 0;
    }

    /** The events that the producer knows by now to be stored. */
    Set<Long> storedSeqs() {
        Set<Long> seqs = new TreeSet<>();
        for (Observation each : seen) {
            if (each instanceof Observation.Answered answered && answered.outcome() == Outcome.OK) {
                seqs.add(answered.event().seq());
            }
        }
        return seqs;
    }

    @Override
    public void tell(History history) {
        seen.forEach(history::add);
    }

    @Override
    public void close() {
        ticks.shutdownNow();
    }
}
