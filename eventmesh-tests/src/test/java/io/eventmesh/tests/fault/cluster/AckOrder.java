package io.eventmesh.tests.fault.cluster;

import io.eventmesh.testkit.checker.EventId;
import io.eventmesh.testkit.checker.Fate;
import io.eventmesh.testkit.checker.History;
import io.eventmesh.testkit.checker.Observation;
import io.eventmesh.testkit.checker.Place;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** Whether the events of each key were acked for the first time in the order in which they are stored. */
final class AckOrder {
    private record Row(String partition, String key) {}

    private AckOrder() {}

    /** How many first acks came after that of a later event of their key. */
    static long inversions(History history) {
        Map<EventId, String> keys = new HashMap<>();
        Map<Place, EventId> events = new HashMap<>();
        Set<Place> acked = new HashSet<>();
        Map<Row, Long> newest = new HashMap<>();
        long inversions = 0;
        for (Observation seen : history.inOrder()) {
            if (seen instanceof Observation.Sending sending && sending.key() != null) {
                keys.put(sending.event(), sending.key());
            } else if (seen instanceof Observation.Offered offered) {
                events.put(offered.place(), offered.event());
            } else if (seen instanceof Observation.Settled settled
                    && settled.fate() == Fate.ACKED
                    && acked.add(settled.place())) {
                String key = keys.get(events.get(settled.place()));
                if (key == null) {
                    continue;
                }
                long offset = settled.place().offset();
                long before = newest.merge(new Row(settled.place().partition(), key), offset, Math::max);
                inversions += before > offset ? 1 : 0;
            }
        }
        return inversions;
    }
}
