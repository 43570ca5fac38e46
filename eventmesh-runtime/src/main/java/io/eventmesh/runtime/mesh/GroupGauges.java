package io.eventmesh.runtime.mesh;

import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.time.Scheduler;
import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.spi.storage.GroupInfo;
import io.eventmesh.spi.storage.Storage;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/** How far each group lags and how much it has in flight, looked at every now and then. Thread-safe. */
final class GroupGauges implements AutoCloseable {
    private static final Duration EVERY = Duration.ofSeconds(10);
    /** What is beyond is shown together, and so are the passing groups. */
    private static final int MAX_GROUPS = 1_000;

    private static final String OTHER = "_other";

    private record Figures(double lag, double inFlight) {
        Figures plus(Figures more) {
            return new Figures(lag + more.lag, inFlight + more.inFlight);
        }
    }

    private final Storage storage;
    private final LiveGroups groups;
    private final Scheduler scheduler;
    private final MultiGauge lag;
    private final MultiGauge inFlight;
    private volatile boolean closed;
    private volatile Scheduler.@Nullable Timer timer;

    GroupGauges(Storage storage, LiveGroups groups, MeterRegistry meters, Scheduler scheduler) {
        this.storage = storage;
        this.groups = groups;
        this.scheduler = scheduler;
        this.lag = MultiGauge.builder("eventmesh.consumer.lag.events")
                .description("Events stored for a group and not yet done")
                .register(meters);
        this.inFlight = MultiGauge.builder("eventmesh.consumer.inflight.events")
                .description("Events offered to members of a group and not settled")
                .register(meters);
    }

    void start() {
        look();
    }

    private void look() {
        if (closed) {
            return;
        }
        try {
            Map<String, Figures> figures = new TreeMap<>();
            for (GroupInfo group : storage.groups()) {
                SubscriptionName name = group.name();
                boolean apart = figures.size() < MAX_GROUPS && !Subscribing.isPassing(name);
                figures.merge(
                        apart ? name.toString() : OTHER,
                        new Figures(group.lagEvents(), groups.snapshot(name).inFlight()),
                        Figures::plus);
            }
            lag.register(rows(figures, Figures::lag), true);
            inFlight.register(rows(figures, Figures::inFlight), true);
        } catch (EventMeshException unavailable) {
            // the storage is down; its own health says so
            lag.register(List.of(), true);
        }
        timer = scheduler.schedule(EVERY, this::look);
    }

    private static Iterable<MultiGauge.Row<?>> rows(Map<String, Figures> figures, ToDoubleFunction<Figures> figure) {
        return figures.entrySet().stream()
                .<MultiGauge.Row<?>>map(
                        entry -> MultiGauge.Row.of(Tags.of("group", entry.getKey()), entry.getValue(), figure))
                .toList();
    }

    @Override
    public void close() {
        closed = true;
        Scheduler.Timer pending = timer;
        if (pending != null) {
            pending.cancel();
        }
    }
}
