package io.eventmesh.runtime.mesh.lane;

import io.eventmesh.runtime.delivery.Cause;
import io.eventmesh.runtime.delivery.Membership;
import io.eventmesh.runtime.delivery.OwnMember;
import io.eventmesh.spi.mesh.Delivery;
import io.eventmesh.spi.storage.EventRecord;
import java.time.Duration;

/**
 * An event that a lane was offered and has to settle, once.
 *
 * @param waited whether it comes from where events wait for the target
 */
record Offer(Membership<OwnMember> hold, Delivery delivery, TargetMark mark, boolean waited) {
    EventRecord record() {
        return delivery.record();
    }

    /** The number of the attempt that comes next. */
    int attempt() {
        return mark.attempts() + delivery.attempt();
    }

    /** Wall time at which the result was stored. */
    long storedMillis() {
        return mark.storedMillis() == 0 ? record().appendTimeMillis() : mark.storedMillis();
    }

    void done() {
        hold.member().ack(delivery.id());
        more();
    }

    /** It comes again, and then the attempt has the next number if this one was tried. */
    void again(Duration delay, Cause cause, boolean tried) {
        hold.member().again(delivery.id(), delay, cause, tried ? delivery.attempt() : delivery.attempt() - 1);
        more();
    }

    /** It comes again when its target may be tried, and nothing comes in its place before. */
    void back(Cause cause) {
        hold.member().again(delivery.id(), Duration.ZERO, cause, delivery.attempt() - 1);
    }

    void more() {
        hold.settled(0);
    }
}
