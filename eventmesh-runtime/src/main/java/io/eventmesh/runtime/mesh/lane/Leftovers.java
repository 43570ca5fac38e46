package io.eventmesh.runtime.mesh.lane;

import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.common.topic.TopicName;
import io.eventmesh.runtime.delivery.Cause;
import io.eventmesh.runtime.delivery.DeadLetter;
import io.eventmesh.runtime.delivery.Membership;
import io.eventmesh.runtime.delivery.OwnMember;
import io.eventmesh.spi.mesh.Delivery;

/** What waited for a target that is no more: goes to that target's dead letter, and then its stream is removed. */
final class Leftovers implements LaneReader.Taker, AutoCloseable {
    private final SubscriptionName group;
    private final LaneSurroundings around;
    private final LaneReader reader;
    private final String bus;
    private final TopicName outbox;

    Leftovers(SubscriptionName group, LaneSurroundings around) {
        this.group = group;
        this.around = around;
        String tail = group.group().substring(DeadLetter.TARGETS.length());
        int slash = tail.indexOf('/');
        this.bus = slash < 0 ? tail : tail.substring(0, slash);
        this.outbox = LaneName.outbox(group.namespace(), bus);
        this.reader = WaitingEvents.reader(group, around, () -> LanePolicy.PARTITION_KEY, this);
    }

    void begin() {
        reader.join();
    }

    @Override
    public void take(Membership<OwnMember> hold, Delivery delivery) {
        Offer offer =
                new Offer(hold, delivery, TargetMark.parse(delivery.record().target()), true);
        Cause cause = BusLanes.unknown(offer.mark().path(), bus);
        BusLanes.bury(offer, cause, group.namespace(), outbox);
    }

    @Override
    public void ended(Membership<OwnMember> hold) {}

    /** Removes the stream if nothing is left there. */
    void look(Runnable removed) {
        around.backlogs().isDone(group).thenAccept(done -> {
            if (done) {
                reader.close();
                around.backlogs().remove(group).thenRun(removed);
            }
        });
    }

    @Override
    public void close() {
        reader.close();
    }
}
