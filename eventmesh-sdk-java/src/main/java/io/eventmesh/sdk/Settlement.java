package io.eventmesh.sdk;

import io.eventmesh.spi.mesh.Member;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;

/** How one delivery ends; the first word counts. Thread-safe. */
final class Settlement {
    private final Member member;
    private final long delivery;
    private final Runnable settled;
    private final AtomicBoolean done = new AtomicBoolean();

    /** @param settled runs once, after the first word */
    Settlement(Member member, long delivery, Runnable settled) {
        this.member = member;
        this.delivery = delivery;
        this.settled = settled;
    }

    void ack() {
        if (done.compareAndSet(false, true)) {
            member.ack(delivery);
            settled.run();
        }
    }

    void release(Duration delay) {
        if (done.compareAndSet(false, true)) {
            member.release(delivery, delay);
            settled.run();
        }
    }

    void reject(String reason) {
        if (done.compareAndSet(false, true)) {
            member.reject(delivery, reason);
            settled.run();
        }
    }
}
