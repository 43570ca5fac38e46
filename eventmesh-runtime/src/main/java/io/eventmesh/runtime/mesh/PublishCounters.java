package io.eventmesh.runtime.mesh;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/** Counts publishes by door, each counter found once. Thread-safe. */
final class PublishCounters {
    private static final Duration[] BUCKETS = Stream.of(
                    500,
                    1_000,
                    2_500,
                    5_000,
                    10_000,
                    25_000,
                    50_000,
                    100_000,
                    250_000,
                    500_000,
                    1_000_000,
                    2_500_000,
                    5_000_000,
                    10_000_000)
            .map(micros -> Duration.ofNanos(micros * 1_000L))
            .toArray(Duration[]::new);
    /** Doors are few; whatever names itself beyond that is counted together. */
    private static final int MAX_DOORS = 32;

    /** The counters of one door. */
    record Door(Counter stored, Counter repeated, Counter refused, Counter bytes, Timer seconds) {}

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
                events(door, "repeated"),
                events(door, "refused"),
                Counter.builder("eventmesh.publish.bytes")
                        .description("Bytes of stored events")
                        .tag("protocol", door)
                        .register(meters),
                Timer.builder("eventmesh.publish")
                        .description(
                                "From taking an event to having it stored; of those stored at once every sixteenth or so")
                        .tag("protocol", door)
                        .serviceLevelObjectives(BUCKETS)
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
