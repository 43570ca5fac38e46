package io.eventmesh.runtime.mesh.lane;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.ToDoubleFunction;

/**
 * What one lane counts, by namespace, rule and target. Beyond a number of lanes the rest counts together under the name
 * {@code _others}, without gauges. Thread-safe.
 */
final class LaneMeters implements AutoCloseable {
    private static final String OTHERS = "_others";

    /** How many lanes have meters of their own. */
    static final class Room {
        private static final int LANES = 1_000;

        private final AtomicInteger taken = new AtomicInteger();

        boolean take() {
            return taken.getAndUpdate(count -> Math.min(LANES, count + 1)) < LANES;
        }

        void giveBack() {
            taken.decrementAndGet();
        }
    }

    private final MeterRegistry meters;
    private final Room room;
    private final boolean own;
    private final Tags tags;
    private final Counter sent;
    private final Counter dead;
    private final Counter putAside;
    private final Timer seconds;
    private final Map<String, Counter> failed = new ConcurrentHashMap<>();
    private final List<Meter> mine = new ArrayList<>();

    LaneMeters(MeterRegistry meters, Room room, LaneName lane) {
        this.meters = meters;
        this.room = room;
        this.own = room.take();
        this.tags = own
                ? Tags.of("namespace", lane.namespace(), "rule", lane.rule(), "target", lane.target())
                : Tags.of("namespace", OTHERS, "rule", OTHERS, "target", OTHERS);
        this.sent = kept(Counter.builder("eventmesh.target.sent.events")
                .description("Events that targets took")
                .tags(tags)
                .register(meters));
        this.dead = kept(Counter.builder("eventmesh.target.dead.events")
                .description("Events of targets that went to a dead letter")
                .tags(tags)
                .register(meters));
        this.putAside = kept(Counter.builder("eventmesh.target.parked.events")
                .description("Events put aside since their target could not take them")
                .tags(tags)
                .register(meters));
        this.seconds = kept(Timer.builder("eventmesh.target.seconds")
                .description("How long calls of targets took")
                .tags(tags)
                .register(meters));
    }

    /** @param lane weakly referenced */
    <T> void gauges(T lane, ToDoubleFunction<T> inFlight, ToDoubleFunction<T> parked, ToDoubleFunction<T> running) {
        if (own) {
            kept(Gauge.builder("eventmesh.target.in.flight", lane, inFlight)
                    .description("Events with their target")
                    .tags(tags)
                    .register(meters));
            kept(Gauge.builder("eventmesh.target.parked", lane, parked)
                    .description("Events that wait since their target could not take them")
                    .tags(tags)
                    .register(meters));
            kept(Gauge.builder("eventmesh.target.running", lane, running)
                    .description("Whether the target takes events")
                    .tags(tags)
                    .register(meters));
        }
    }

    private <M extends Meter> M kept(M meter) {
        mine.add(meter);
        return meter;
    }

    void sent() {
        sent.increment();
    }

    void dead() {
        dead.increment();
    }

    void putAside() {
        putAside.increment();
    }

    void called(long nanos) {
        seconds.record(nanos, TimeUnit.NANOSECONDS);
    }

    /** @param code of the failure, one of a fixed number */
    void failed(String code) {
        failed.computeIfAbsent(
                        code,
                        of -> Counter.builder("eventmesh.target.failed.attempts")
                                .description("Attempts to send to targets that came to nothing, by what went wrong")
                                .tags(tags)
                                .tag("code", of)
                                .register(meters))
                .increment();
    }

    /** The lane is no more. */
    @Override
    public void close() {
        if (own) {
            mine.forEach(meters::remove);
            failed.values().forEach(meters::remove);
            room.giveBack();
        }
    }
}
