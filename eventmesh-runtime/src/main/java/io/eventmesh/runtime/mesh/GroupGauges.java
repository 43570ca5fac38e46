package io.eventmesh.runtime.mesh;

import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.time.Repeated;
import io.eventmesh.common.time.Scheduler;
import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.spi.storage.GroupInfo;
import io.eventmesh.spi.storage.Storage;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import java.time.Duration;
import java.util.List;

/** How far each group lags and how much it has in flight, looked at every now and then. Thread-safe. */
final class GroupGauges implements AutoCloseable {
    private static final Duration EVERY = Duration.ofSeconds(10);

    private record Figures(double lag, double inFlight) {
        Figures plus(Figures more) {
            return new Figures(lag + more.lag, inFlight + more.inFlight);
        }
    }

    private final Storage storage;
    private final LiveGroups groups;
    private final MultiGauge lag;
    private final MultiGauge inFlight;
    private final Repeated looks;

    GroupGauges(Storage storage, LiveGroups groups, MeterRegistry meters, Scheduler scheduler) {
        this.storage = storage;
        this.groups = groups;
        this.looks = new Repeated(scheduler, EVERY, this::look);
        this.lag = MultiGauge.builder("eventmesh.consumer.lag.events")
                .description("Events stored for a group and not yet done")
                .register(meters);
        this.inFlight = MultiGauge.builder("eventmesh.consumer.inflight.events")
                .description("Events offered to members of a group and not settled")
                .register(meters);
    }

    void start() {
        looks.start();
    }

    private void look() {
        try {
            GroupTable<Figures> figures = new GroupTable<>(Figures::plus);
            for (GroupInfo group : storage.groups()) {
                SubscriptionName name = group.name();
                Figures own =
                        new Figures(group.lagEvents(), groups.snapshot(name).inFlight());
                if (Subscribing.isPassing(name)) {
                    figures.addToOthers(own);
                } else {
                    figures.add(name.toString(), own);
                }
            }
            figures.show(lag, Figures::lag);
            figures.show(inFlight, Figures::inFlight);
        } catch (EventMeshException unavailable) {
            // the storage is down; its own health says so
            lag.register(List.of(), true);
        }
    }

    @Override
    public void close() {
        looks.close();
    }
}
