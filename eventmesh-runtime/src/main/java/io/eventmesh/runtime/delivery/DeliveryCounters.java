package io.eventmesh.runtime.delivery;

import io.eventmesh.runtime.delivery.GroupEffects.Happening;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

/** The engine's counters, found once. Thread-safe. */
public final class DeliveryCounters {
    private final Map<Happening, Counter> byHappening = new EnumMap<>(Happening.class);
    private final Counter redeliveries;
    private final Counter deadLetters;

    public DeliveryCounters(MeterRegistry meters) {
        for (Happening what : Happening.values()) {
            byHappening.put(
                    what,
                    Counter.builder("eventmesh.deliver.events")
                            .description("Offers of events to members, by what became of them")
                            .tag("result", what.name().toLowerCase(Locale.ROOT))
                            .register(meters));
        }
        redeliveries = Counter.builder("eventmesh.redeliveries")
                .description("Offers of events that had been offered before")
                .register(meters);
        deadLetters = Counter.builder("eventmesh.dead.letters")
                .description("Events that went to a dead letter")
                .register(meters);
    }

    void count(Happening what) {
        Objects.requireNonNull(byHappening.get(what)).increment();
        if (what == Happening.REDELIVERED) {
            redeliveries.increment();
        } else if (what == Happening.DEAD_LETTERED) {
            deadLetters.increment();
        }
    }
}
