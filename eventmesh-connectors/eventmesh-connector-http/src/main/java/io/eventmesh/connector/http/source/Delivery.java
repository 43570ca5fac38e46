package io.eventmesh.connector.http.source;

import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.spi.connector.SourceRecord;
import io.eventmesh.spi.connector.SourceRecord.Identity;
import io.eventmesh.spi.connector.SourceRecord.Receipt;
import io.eventmesh.spi.event.Event;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The events of one request, whose sender waits until the mesh has stored them all. Answered once. Thread-safe.
 */
final class Delivery implements Receipt {
    /** Takes the answer; null for stored. Called by any thread. */
    interface Answer {
        void give(@Nullable EventMeshException refusal);
    }

    private static final byte[] POSITIONLESS = {};

    private final List<Event> events;
    private final int bytes;
    private final AtomicInteger left;
    private final AtomicReference<@Nullable EventMeshException> refused = new AtomicReference<>();
    private final AtomicReference<@Nullable Answer> answer;

    Delivery(List<Event> events, Answer answer) {
        this.events = events;
        this.bytes = events.stream().mapToInt(Event::size).sum();
        this.left = new AtomicInteger(events.size());
        this.answer = new AtomicReference<>(answer);
    }

    int bytes() {
        return bytes;
    }

    /** The events as records, whose receipt this is. */
    List<SourceRecord> records() {
        return events.stream()
                .map(event -> new SourceRecord("requests", POSITIONLESS, event.toBuilder(), Identity.KEPT, this))
                .toList();
    }

    @Override
    public void stored() {
        told();
    }

    @Override
    public void refused(EventMeshException why) {
        refused.compareAndSet(null, why);
        told();
    }

    private void told() {
        if (left.decrementAndGet() == 0) {
            answer(refused.get());
        }
    }

    /** Answers now, unless it was answered. */
    void answer(@Nullable EventMeshException refusal) {
        Answer waiting = answer.getAndSet(null);
        if (waiting != null) {
            waiting.give(refusal);
        }
    }

    /** Whether its sender waits no more, and will send it again. */
    boolean isAnswered() {
        return answer.get() == null;
    }
}
