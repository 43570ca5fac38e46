package io.eventmesh.protocol.grpc;

import io.eventmesh.common.time.MeshClock;
import io.eventmesh.spi.mesh.Member;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * The events at the end of a stream whose reader cannot ack: each is acked when {@value #DONE_AFTER_BYTES} bytes or
 * {@value #DONE_AFTER_EVENTS} events more were written, or 2 s later. Bounded by both, of which the second keeps small
 * events from filling the group's window, which would let nothing be written that could ack them. Not thread-safe.
 */
final class UnackedTail {
    static final long DONE_AFTER_BYTES = 1L << 20;
    static final int DONE_AFTER_EVENTS = 1024;
    static final Duration DONE_AFTER = Duration.ofSeconds(2);

    private record Entry(Member member, long delivery, long writtenUpTo, long atNanos) {}

    private final Deque<Entry> entries = new ArrayDeque<>();
    private final MeshClock clock;
    private long written;

    UnackedTail(MeshClock clock) {
        this.clock = clock;
    }

    /** Remembers an event that was just written and acks those that lie far enough behind it. */
    void written(Member member, long delivery, int bytes) {
        written += bytes;
        entries.add(new Entry(member, delivery, written, clock.nanoTime()));
        for (Entry first = entries.peek();
                first != null
                        && (entries.size() > DONE_AFTER_EVENTS || written - first.writtenUpTo >= DONE_AFTER_BYTES);
                first = entries.peek()) {
            ackFirst();
        }
    }

    /** Acks what was written long enough ago. */
    void ackOld() {
        long now = clock.nanoTime();
        for (Entry first = entries.peek();
                first != null && now - first.atNanos >= DONE_AFTER.toNanos();
                first = entries.peek()) {
            ackFirst();
        }
    }

    boolean isEmpty() {
        return entries.isEmpty();
    }

    private void ackFirst() {
        Entry first = entries.remove();
        first.member.ack(first.delivery);
    }
}
