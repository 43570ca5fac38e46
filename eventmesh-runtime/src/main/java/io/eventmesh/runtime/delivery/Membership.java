package io.eventmesh.runtime.delivery;

import io.eventmesh.spi.mesh.Member;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A member from joining to leaving, and its credit: what it has settled is given back not with each event, which would cost
 * a step of its group each time, but when an eighth of its window has come together. Thread-safe, never blocks.
 *
 * @param <M> what the member can do
 */
public final class Membership<M extends Member> {
    private static final int PORTIONS = 8;
    /** More at a time would gain nothing, and would reach the group late. */
    private static final int MAX_PORTION = 64;

    private final M member;
    private final int portionEvents;
    private final long portionBytes;
    private final AtomicInteger settledEvents = new AtomicInteger();
    private final AtomicLong settledBytes = new AtomicLong();

    /**
     * @param events the credit that the member is given to begin with
     * @param bytes the same in bytes
     */
    public Membership(M member, int events, long bytes) {
        this.member = member;
        this.portionEvents = Math.max(1, Math.min(MAX_PORTION, events / PORTIONS));
        this.portionBytes = Math.max(1, bytes / PORTIONS);
    }

    public M member() {
        return member;
    }

    /** There is room for another event, in place of one of so many bytes. */
    public void settled(long size) {
        int events = settledEvents.incrementAndGet();
        long bytes = settledBytes.addAndGet(size);
        if (events >= portionEvents || bytes >= portionBytes) {
            member.request(settledEvents.getAndSet(0), settledBytes.getAndSet(0));
        }
    }
}
