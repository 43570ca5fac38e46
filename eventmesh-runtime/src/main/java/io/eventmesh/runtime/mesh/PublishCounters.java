package io.eventmesh.runtime.mesh;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Counts publishes by door, each counter found once. Thread-safe. */
final class PublishCounters {
    /** Doors are few; whatever names itself beyond that is counted together. */
    private static final int MAX_DOORS = 32;

    /** The counters of one door. */
    record Door(Counter stored, Counter refused, Counter bytes) {}

    private final MeterRegistry meters;
    private final Map<String, Door> doors = new ConcurrentHashMap<>();

    PublishCounters(MeterRegistry meters) {
        this.meters = meters;
    }

    Door of(String door) {
        Door known = doors.get(door);
        if (known != null) {
            return known;
        }
        return doors.computeIfAbsent(doors.size() < MAX_DOORS ? door : "_other", this::register);
    }

    private Door register(String door) {
        return new Door(
                events(door, "stored"),
                events(door, "refused"),
                Counter.builder("eventmesh.publish.bytes")
                        .description("Bytes of stored events")
                        .tag("protocol", door)
                        .register(meters));
    }

    private Counter events(String door, String result) {
        return Counter.builder("eventmesh.publish.events")
                .description("Events that were published, by what became of them")
                .tag("protocol", door)
                .tag("result", result)
                .register(meters);
    }
}
