package io.eventmesh.runtime.simulation;

import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.spi.mesh.Delivery;
import io.eventmesh.spi.mesh.Member;
import io.eventmesh.spi.mesh.Receiver;
import io.eventmesh.testkit.checker.Fate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A member as it sees itself: what it holds, what it asked for, whether it is still there. */
final class Side implements Receiver {
    private final String name;
    private final String group;
    private final Incarnation home;
    private final Ledger ledger;
    private final List<Delivery> open = new ArrayList<>();
    private @Nullable Member member;
    private long credit;
    private boolean gone;
    private boolean cut;

    Side(String name, String group, Incarnation home, Ledger ledger) {
        this.name = name;
        this.group = group;
        this.home = home;
        this.ledger = ledger;
    }

    String name() {
        return name;
    }

    String group() {
        return group;
    }

    Incarnation home() {
        return home;
    }

    List<Delivery> open() {
        return open;
    }

    boolean isGone() {
        return gone || !home.isAlive();
    }

    boolean isAttached() {
        return member != null && !isGone();
    }

    /** The mesh took it in; it may have given up meanwhile. */
    void attached(Member taken) {
        member = taken;
        if (gone) {
            taken.close();
        } else if (credit > 0) {
            taken.request((int) credit, credit << 20);
        }
    }

    void refused() {
        gone = true;
    }

    void request(int events) {
        credit += events;
        if (member != null) {
            member.request(events, 1L << 30);
        }
    }

    @Override
    public void deliver(Delivery delivery) {
        if (cut || !home.isAlive()) {
            return;
        }
        home.require(!gone, () -> name + " is offered " + delivery.position() + " and has left");
        home.require(--credit >= 0, () -> name + " is offered " + delivery.position() + " beyond its credit");
        home.require(
                delivery.record().notBeforeMillis() <= home.millis(),
                () -> name + " is offered " + delivery.position() + " before its time");
        open.add(delivery);
        ledger.offered(this, delivery);
    }

    @Override
    public void closed(@Nullable EventMeshException cause) {
        if (home.isAlive() && !gone) {
            gone = true;
            ledger.lost(this);
        }
    }

    void settle(Delivery delivery, Fate fate, Duration delay) {
        open.remove(delivery);
        ledger.settled(this, delivery, fate);
        if (member == null) {
            return;
        }
        switch (fate) {
            case ACKED -> member.ack(delivery.id());
            case RELEASED -> member.release(delivery.id(), delay);
            case REJECTED -> member.reject(delivery.id(), "no good");
            default -> throw new IllegalArgumentException("fate: " + fate);
        }
    }

    /** Its connection breaks, or it goes home. */
    void leave() {
        if (!gone) {
            gone = true;
            ledger.lost(this);
            if (member != null) {
                member.close();
            }
        }
    }

    /** It reaches its mesh no more, and the mesh does not know. */
    void orphaned() {
        if (!gone) {
            gone = true;
            cut = true;
            ledger.lost(this);
        }
    }

    /** Its mesh finds out that it is gone. */
    void noticed() {
        if (member != null && home.isAlive()) {
            member.close();
        }
    }

    @Override
    public String toString() {
        return "%s of %s at %d, %s, credit %d, holds %d"
                .formatted(name, group, home.number(), member == null ? "outside" : "inside", credit, open.size());
    }
}
