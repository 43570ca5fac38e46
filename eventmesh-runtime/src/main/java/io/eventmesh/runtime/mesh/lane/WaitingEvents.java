package io.eventmesh.runtime.mesh.lane;

import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.runtime.delivery.DeliverySettings;
import io.eventmesh.runtime.delivery.LaneRule;
import io.eventmesh.spi.mesh.SubscribeTerms;
import io.eventmesh.spi.storage.DeliveryTerms;
import io.eventmesh.spi.storage.EventRecord;
import io.eventmesh.spi.storage.Start;
import java.time.Duration;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * How what waits for one target is read: little at a time, since many targets may be read so at once, and nothing while many
 * of its events wait for another attempt.
 *
 * @param orderingKey the attribute whose value orders; empty for no order
 */
record WaitingEvents(Supplier<String> orderingKey) implements LaneRule {
    private static final int WINDOW = 512;
    private static final long WINDOW_BYTES = 256 << 10;
    private static final int BEHIND_ONE = 64;
    private static final int PARKED = 1_024;
    private static final Duration IDLE = Duration.ofSeconds(1);

    static LaneReader reader(
            SubscriptionName group, LaneSurroundings around, Supplier<String> orderingKey, LaneReader.Taker taker) {
        SubscribeTerms terms = new SubscribeTerms(
                group.group(),
                group.pattern(),
                Start.earliest(),
                DeliveryTerms.DEFAULT,
                around.context().principal().name());
        return new LaneReader(
                around.outbox(),
                around.context().inNamespace(group.namespace()),
                terms,
                new WaitingEvents(orderingKey),
                around.scheduler(),
                WINDOW,
                taker);
    }

    @Override
    public @Nullable String lane(EventRecord record) {
        return orderingValue(record, orderingKey.get());
    }

    /** What keeps an event in order; null for nothing. */
    static @Nullable String orderingValue(EventRecord record, String attribute) {
        if (attribute.isEmpty()) {
            return null;
        }
        return switch (attribute) {
            case LanePolicy.PARTITION_KEY -> record.key();
            case "id" -> record.event().id();
            case "source" -> record.event().source();
            case "type" -> record.event().type();
            default -> record.event().attribute(attribute);
        };
    }

    @Override
    public DeliverySettings settings(DeliverySettings ofRuntime) {
        return new DeliverySettings(
                Math.min(WINDOW, ofRuntime.windowEvents()),
                Math.min(WINDOW_BYTES, ofRuntime.windowBytes()),
                Math.min(BEHIND_ONE, ofRuntime.laneEvents()),
                ofRuntime.parkAfter(),
                ofRuntime.loadedEvents(),
                ofRuntime.flowEvents(),
                ofRuntime.commitEvery(),
                ofRuntime.commitAfter(),
                IDLE);
    }

    @Override
    public boolean isSettledByMember() {
        return true;
    }

    @Override
    public int maxParked() {
        return PARKED;
    }
}
