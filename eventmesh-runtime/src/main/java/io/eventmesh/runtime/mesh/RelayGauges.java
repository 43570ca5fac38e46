package io.eventmesh.runtime.mesh;

import io.eventmesh.common.time.Repeated;
import io.eventmesh.common.time.Scheduler;
import io.eventmesh.runtime.delivery.Group;
import io.eventmesh.runtime.mesh.peer.Peers;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import java.time.Duration;

/**
 * What passes between this runtime and others: at how many of them members of this one are attached, and what members of
 * others have here, looked at every now and then. Thread-safe.
 */
final class RelayGauges implements AutoCloseable {
    private static final Duration EVERY = Duration.ofSeconds(5);

    private final LiveGroups groups;
    private final MultiGauge members;
    private final MultiGauge credit;
    private final MultiGauge inFlight;
    private final Repeated looks;

    RelayGauges(Peers peers, LiveGroups groups, MeterRegistry meters, Scheduler scheduler) {
        this.groups = groups;
        this.looks = new Repeated(scheduler, EVERY, this::look);
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
        looks.start();
    }

    private void look() {
        GroupTable<Group.Relayed> figures = new GroupTable<>(RelayGauges::sum);
        groups.relayed().forEach((name, relayed) -> {
            if (relayed.members() > 0) {
                figures.add(name.toString(), relayed);
            }
        });
        figures.show(members, Group.Relayed::members);
        figures.show(credit, Group.Relayed::credit);
        figures.show(inFlight, Group.Relayed::inFlight);
    }

    private static Group.Relayed sum(Group.Relayed one, Group.Relayed other) {
        return new Group.Relayed(
                one.members() + other.members(), one.credit() + other.credit(), one.inFlight() + other.inFlight());
    }

    @Override
    public void close() {
        looks.close();
    }
}
