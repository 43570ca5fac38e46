package io.eventmesh.runtime.delivery;

import io.eventmesh.runtime.delivery.GroupEffects.Happening;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Locale;

/** The engine's counters, found once. Thread-safe. */
public final class DeliveryCounters {
    private final Counter[] byHappening = new Counter[Happening.values().length];
    private final Counter redeliveries;
    private final Counter deadLetters;

    public DeliveryCounters(MeterRegistry meters) {
        for (Happening what : Happening.values()) {
            byHappening[what.ordinal()] = Counter.builder("eventmesh.deliver.events")
                    .description("Offers of events to members, by what became of them")
                    .tag("result", what.name().toLowerCase(Locale.ROOT))
                    .register(meters);
        }
        redeliveries = Counter.builder("eventmesh.redeliveries")
                .description("Offers of events that had been offered before")
                .register(meters);
        deadLetters = Counter.builder("eventmesh.dead.letters")
                .description("Events that went to a dead letter")
                .register(meters);
    }

    void count(Happening what) {
        byHappening[what.ordinal()].increment();
        if (what == Happening.REDELIVERED) {
            redeliveries.increment();
        } else if (what == Happening.DEAD_LETTERED) {
            deadLetters.increment();
        }
    }
}
