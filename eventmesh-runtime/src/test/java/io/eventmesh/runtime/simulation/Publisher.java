package io.eventmesh.runtime.simulation;

import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.TopicName;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.event.EventBuilder;
import io.eventmesh.spi.mesh.CallContext;
import io.eventmesh.spi.mesh.Outgoing;
import io.eventmesh.spi.security.Principal;
import io.eventmesh.spi.storage.Position;
import io.eventmesh.testkit.checker.EventId;
import io.eventmesh.testkit.checker.Fingerprint;
import io.eventmesh.testkit.checker.Observation;
import io.eventmesh.testkit.checker.Outcome;
import io.eventmesh.testkit.checker.Place;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** A connection that publishes to one process: what is in its order shall be kept in it. */
final class Publisher {
    private static final List<String> TOPICS = List.of("orders/eu", "orders/us", "bills/eu");
    private static final int KEYS = 6;

    private final String name;
    private final Incarnation incarnation;
    private final CallContext context;
    private final Ledger ledger;
    private final RandomGenerator random;
    private long seq;

    Publisher(int number, Incarnation incarnation, Ledger ledger, RandomGenerator random) {
        this.name = "p%d.%d".formatted(incarnation.number(), number);
        this.incarnation = incarnation;
        this.context = new CallContext(Principal.ANONYMOUS, "default", "life", number, 0, null, null);
        this.ledger = ledger;
        this.random = random;
    }

    void publish(int count, boolean together) {
        List<EventId> ids = new ArrayList<>();
        List<Outgoing> events = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            EventId id = new EventId(name, seq++);
            Outgoing outgoing = next(id);
            ids.add(id);
            events.add(outgoing);
            ledger.add(new Observation.Sending(
                    ledger.tick(),
                    id,
                    outgoing.topic().value(),
                    outgoing.notBeforeMillis() == 0 ? outgoing.event().partitionKey() : null,
                    Fingerprint.of(outgoing.topic().value(), outgoing.event())));
            if (!together) {
                answer(id, incarnation.mesh().publish(context, outgoing));
            }
        }
        if (together) {
            List<CompletionStage<Position>> answers = incarnation.mesh().publish(context, events);
            for (int i = 0; i < count; i++) {
                answer(ids.get(i), answers.get(i));
            }
        }
    }

    private Outgoing next(EventId id) {
        EventBuilder event = Event.builder()
                .id(id.toString())
                .source("/life")
                .type("life.step")
                .text("x".repeat(random.nextInt(100)) + id);
        @Nullable String key = random.nextInt(5) == 0 ? null : "k" + random.nextInt(KEYS);
        if (key != null) {
            event.attribute("partitionkey", key);
        }
        Outgoing outgoing = new Outgoing(TopicName.of(TOPICS.get(random.nextInt(TOPICS.size()))), event.build());
        return random.nextInt(20) == 0 ? outgoing.notBefore(incarnation.millis() + random.nextInt(6_000)) : outgoing;
    }

    private void answer(EventId id, CompletionStage<Position> stage) {
        stage.whenComplete((position, failure) -> ledger.add(
                failure == null
                        ? new Observation.Answered(ledger.tick(), id, Outcome.OK, Place.of(position))
                        : new Observation.Answered(ledger.tick(), id, outcome(failure), null)));
    }

    private static Outcome outcome(Throwable failure) {
        return switch (EventMeshException.of(failure).code()) {
            case STORAGE_UNAVAILABLE, INTERNAL, DEADLINE_EXCEEDED -> Outcome.UNKNOWN;
            default -> Outcome.FAIL;
        };
    }
}
