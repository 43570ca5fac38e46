package io.eventmesh.sdk;

import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.mesh.Member;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;

/** A delivery on its way through a handler; its settlement gives the credit back. Thread-safe. */
final class HandledDelivery implements Delivery {
    private final Member member;
    private final io.eventmesh.spi.mesh.Delivery offered;
    private final boolean explicit;
    private final AtomicBoolean settled = new AtomicBoolean();

    HandledDelivery(Member member, io.eventmesh.spi.mesh.Delivery offered, boolean explicit) {
        this.member = member;
        this.offered = offered;
        this.explicit = explicit;
    }

    @Override
    public String topic() {
        return offered.record().topic().value();
    }

    @Override
    public int attempt() {
        return offered.attempt();
    }

    @Override
    public Event event() {
        return offered.record().event();
    }

    @Override
    public int partition() {
        return offered.position().partition().index();
    }

    @Override
    public long offset() {
        return offered.position().offset();
    }

    @Override
    public void ack() {
        requireExplicit();
        settleAck();
    }

    @Override
    public void release(Duration delay) {
        requireExplicit();
        settleRelease(delay);
    }

    @Override
    public void reject(String reason) {
        requireExplicit();
        settleReject(reason);
    }

    void settleAck() {
        if (settled.compareAndSet(false, true)) {
            member.ack(offered.id());
            giveBack();
        }
    }

    void settleRelease(Duration delay) {
        if (settled.compareAndSet(false, true)) {
            member.release(offered.id(), delay);
            giveBack();
        }
    }

    void settleReject(String reason) {
        if (settled.compareAndSet(false, true)) {
            member.reject(offered.id(), reason);
            giveBack();
        }
    }

    private void giveBack() {
        member.request(1, event().size());
    }

    private void requireExplicit() {
        if (!explicit) {
            throw new IllegalStateException("ack: AUTO (expected: EXPLICIT, to settle by calls)");
        }
    }
}
