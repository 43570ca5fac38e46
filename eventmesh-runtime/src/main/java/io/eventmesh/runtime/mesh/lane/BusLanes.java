package io.eventmesh.runtime.mesh.lane;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.topic.Names;
import io.eventmesh.common.topic.TopicName;
import io.eventmesh.common.topic.TopicPattern;
import io.eventmesh.runtime.delivery.Burial;
import io.eventmesh.runtime.delivery.Cause;
import io.eventmesh.runtime.delivery.DeadLetter;
import io.eventmesh.runtime.delivery.LaneRule;
import io.eventmesh.runtime.delivery.Membership;
import io.eventmesh.runtime.delivery.OwnMember;
import io.eventmesh.spi.mesh.Delivery;
import io.eventmesh.spi.mesh.SubscribeTerms;
import io.eventmesh.spi.storage.DeliveryTerms;
import io.eventmesh.spi.storage.EventRecord;
import io.eventmesh.spi.storage.Start;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The outbox of one bus: hands each event to the lane of its target, as a flow for each target, and within it in order by
 * what the target orders by. Thread-safe.
 */
final class BusLanes implements LaneRule, LaneReader.Taker, AutoCloseable {
    /** What a target may have in memory is bounded by its flow. */
    private static final int WINDOW = 1 << 20;
    /** Stands between target and key; neither a rule's nor a target's name has it. */
    private static final char BETWEEN = '\n';

    /** A rule may reach the function role before it reaches this runtime. */
    private static final Duration UNKNOWN = Duration.ofSeconds(3);

    private static final int UNKNOWN_LOOKS = 5;

    private final String bus;
    private final TopicName topic;
    private final String namespace;
    private final LaneReader reader;
    private final TargetMark.Known marks = new TargetMark.Known();
    private volatile Map<String, TargetLane> lanes = Map.of();

    BusLanes(String namespace, String bus, LaneSurroundings around) {
        this.namespace = namespace;
        this.bus = bus;
        this.topic = LaneName.outbox(namespace, bus);
        SubscribeTerms terms = new SubscribeTerms(
                DeadLetter.TARGETS + bus,
                TopicPattern.exactly(topic),
                Start.earliest(),
                DeliveryTerms.DEFAULT,
                around.context().principal().name());
        this.reader = new LaneReader(
                around.outbox(),
                around.context().inNamespace(namespace),
                terms,
                this,
                around.scheduler(),
                WINDOW,
                this);
    }

    /** @param all by {@code rule/target} */
    void use(Map<String, TargetLane> all) {
        lanes = Map.copyOf(all);
    }

    /** Subscribes, and goes on trying until closed. */
    void join() {
        reader.join();
    }

    private @Nullable TargetLane lane(String target) {
        return target.isEmpty() ? null : lanes.get(target);
    }

    // how events are kept

    @Override
    public String lane(EventRecord record) {
        String target = marks.of(record.target()).path();
        TargetLane known = lane(target);
        String by = known == null ? LanePolicy.PARTITION_KEY : known.orderingKey();
        String value = WaitingEvents.orderingValue(record, by);
        return value == null ? target : target + BETWEEN + value;
    }

    @Override
    public boolean isOrdered(String lane) {
        return lane.indexOf(BETWEEN) >= 0;
    }

    @Override
    public @Nullable String flow(@Nullable String lane) {
        if (lane == null) {
            return null;
        }
        int end = lane.indexOf(BETWEEN);
        return end < 0 ? lane : lane.substring(0, end);
    }

    @Override
    public boolean isSettledByMember() {
        return true;
    }

    @Override
    public void assigned() {
        lanes.values().forEach(TargetLane::assigned);
    }

    @Override
    public void crowded(String flow, int by) {
        TargetLane known = lane(flow);
        if (known != null) {
            known.crowded(by);
        }
    }

    /** Has what is parked of a target come now. */
    void hasten(String target) {
        reader.hasten(target);
    }

    // what becomes of them

    @Override
    public void take(Membership<OwnMember> hold, Delivery delivery) {
        TargetMark mark = marks.of(delivery.record().target());
        TargetLane known = lane(mark.path());
        if (known != null) {
            known.takeFromOutbox(hold, delivery, mark);
            return;
        }
        Offer offer = new Offer(hold, delivery, mark, false);
        Cause cause = unknown(mark.path(), bus);
        if (delivery.attempt() > UNKNOWN_LOOKS) {
            bury(offer, cause, namespace, topic);
        } else {
            offer.again(UNKNOWN, cause, true);
        }
    }

    static Cause unknown(String target, String bus) {
        return new Cause(
                "unknown-target",
                ErrorCode.NOT_FOUND,
                "target: '%s' (expected: one of a rule of bus '%s')".formatted(Names.shown(target), bus));
    }

    /** The event of a target that is no more. */
    static void bury(Offer offer, Cause cause, String namespace, TopicName outbox) {
        TargetMark mark = offer.mark();
        offer.hold()
                .member()
                .bury(
                        offer.delivery().id(),
                        new Burial(
                                DeadLetter.ofTarget(namespace, mark.path()),
                                cause,
                                "permanent",
                                mark.attempts(),
                                mark.firstMillis(),
                                outbox,
                                mark.path(),
                                Long.toString(mark.name().revision()),
                                mark.fresh()));
        offer.more();
    }

    @Override
    public void ended(Membership<OwnMember> hold) {
        lanes.values().forEach(lane -> lane.ended(hold));
    }

    @Override
    public void close() {
        reader.close();
    }
}
