package io.eventmesh.runtime.mesh;

import io.eventmesh.common.time.Scheduler;
import io.eventmesh.runtime.delivery.Group;
import io.eventmesh.runtime.mesh.peer.Peers;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * What passes between this runtime and others: at how many of them members of this one are attached, and what members of
 * others have here, looked at every now and then. Thread-safe.
 */
final class RelayGauges implements AutoCloseable {
    private static final Duration EVERY = Duration.ofSeconds(5);
    /** What is beyond is shown together. */
    private static final int MAX_GROUPS = 1_000;

    private static final String OTHER = "_other";

    private final LiveGroups groups;
    private final Scheduler scheduler;
    private final MultiGauge members;
    private final MultiGauge credit;
    private final MultiGauge inFlight;
    private volatile boolean closed;
    private volatile Scheduler.@Nullable Timer timer;

    RelayGauges(Peers peers, LiveGroups groups, MeterRegistry meters, Scheduler scheduler) {
        this.groups = groups;
        this.scheduler = scheduler;
        Gauge.builder("eventmesh.relay.open", peers, Peers::relays)
                .description("Members of this runtime attached at others, each counted at each of these")
                .register(meters);
        FunctionCounter.builder("eventmesh.relay.lost", peers, Peers::lostRelays)
                .description("Of these, those that ended while the member stayed")
                .register(meters);
        this.members = MultiGauge.builder("eventmesh.relay.members")
                .description("Members of other runtimes attached here")
                .register(meters);
        this.credit = MultiGauge.builder("eventmesh.relay.credit.events")
                .description("Events that members of other runtimes may still be offered here")
                .register(meters);
        this.inFlight = MultiGauge.builder("eventmesh.relay.inflight.events")
                .description("Events offered here to members of other runtimes and not settled")
                .register(meters);
    }

    void start() {
        look();
    }

    private void look() {
        if (closed) {
            return;
        }
        Map<String, Group.Relayed> figures = new TreeMap<>();
        groups.relayed().forEach((name, relayed) -> {
            if (relayed.members() > 0) {
                figures.merge(figures.size() < MAX_GROUPS ? name.toString() : OTHER, relayed, RelayGauges::sum);
            }
        });
        members.register(rows(figures, Group.Relayed::members), true);
        credit.register(rows(figures, Group.Relayed::credit), true);
        inFlight.register(rows(figures, Group.Relayed::inFlight), true);
        timer = scheduler.schedule(EVERY, this::look);
    }

    private static Group.Relayed sum(Group.Relayed one, Group.Relayed other) {
        return new Group.Relayed(
                one.members() + other.members(), one.credit() + other.credit(), one.inFlight() + other.inFlight());
    }

    private static List<MultiGauge.Row<?>> rows(
            Map<String, Group.Relayed> figures, ToDoubleFunction<Group.Relayed> figure) {
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
