package io.eventmesh.testkit.checker;

import io.eventmesh.testkit.checker.Finding.Kind;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What producers say. Part of one {@link Checker} run. */
final class SentEvents {
    /** An event and how it went. */
    static final class Sent {
        final Observation.Sending sending;
        Outcome outcome = Outcome.UNKNOWN;

        @Nullable
        Place place;

        Sent(Observation.Sending sending) {
            this.sending = sending;
        }

        EventId event() {
            return sending.event();
        }
    }

    private record Row(String producer, String partition, String key) {}

    private final Map<EventId, Sent> byId = new LinkedHashMap<>();
    private final Map<Row, List<Sent>> rows = new HashMap<>();

    void sending(Observation.Sending sending) {
        byId.put(sending.event(), new Sent(sending));
    }

    @Nullable
    Sent answered(Observation.Answered answered) {
        Sent sent = byId.get(answered.event());
        if (sent == null) {
            return null;
        }
        sent.outcome = answered.outcome();
        Place place = answered.place();
        sent.place = place;
        String key = sent.sending.key();
        if (place != null && key != null) {
            rows.computeIfAbsent(new Row(answered.event().producer(), place.partition(), key), row -> new ArrayList<>())
                    .add(sent);
        }
        return sent;
    }

    @Nullable
    Sent find(EventId event) {
        return byId.get(event);
    }

    Iterable<Sent> all() {
        return byId.values();
    }

    int size() {
        return byId.size();
    }

    long count(Outcome outcome) {
        return byId.values().stream().filter(sent -> sent.outcome == outcome).count();
    }

    /** Events of one producer and key must be stored in the order of sending. */
    void checkOrder(List<Finding> findings) {
        rows.forEach((row, stored) -> {
            stored.sort((one, other) ->
                    Long.compare(one.event().seq(), other.event().seq()));
            Sent before = null;
            for (Sent sent : stored) {
                if (before != null && offset(sent) <= offset(before)) {
                    findings.add(new Finding(
                            Kind.ORDER,
                            "key %s: sent in this order, stored at %s and %s"
                                    .formatted(row.key(), before.place, sent.place),
                            List.of(before.event(), sent.event())));
                }
                before = sent;
            }
        });
    }

    private static long offset(Sent sent) {
        return sent.place == null ? -1 : sent.place.offset();
    }
}
