package io.eventmesh.protocol.grpc;

import io.eventmesh.common.time.MeshClock;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Predicate;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * The events at the end of a stream whose reader cannot ack: each is done when {@value #DONE_AFTER_BYTES} bytes or
 * {@value #DONE_AFTER_EVENTS} events more were written, or 2 s later, always provided that the connection takes what is
 * written. Of the bounds the second keeps small events from filling the group's window, which would let nothing be
 * written that could make them done. Not thread-safe.
 */
final class UnackedTail {
    static final long DONE_AFTER_BYTES = 1L << 20;
    static final int DONE_AFTER_EVENTS = 1024;
    static final Duration DONE_AFTER = Duration.ofSeconds(2);

    /** Through whom an event came, to be told what becomes of it. */
    interface Origin {
        void done(long[] deliveries);
    }

    private record Entry(Origin origin, long delivery, long writtenUpTo, long atNanos) {}

    private final Deque<Entry> entries = new ArrayDeque<>();
    private final MeshClock clock;
    private long written;

    UnackedTail(MeshClock clock) {
        this.clock = clock;
    }

    /** Remembers an event that was just written. */
    void written(Origin origin, long delivery, int bytes) {
        written += bytes;
        entries.add(new Entry(origin, delivery, written, clock.nanoTime()));
    }

    /** Whether something lies far enough behind what was written last. */
    boolean hasFar() {
        Entry first = entries.peek();
        return first != null && isFar(first);
    }

    private boolean isFar(Entry first) {
        return entries.size() > DONE_AFTER_EVENTS || written - first.writtenUpTo >= DONE_AFTER_BYTES;
    }

    /** Finishes what lies far enough behind what was written last. */
    void finishFar() {
        finishWhile(this::isFar);
    }

    /** Finishes what was written long enough ago. */
    void finishOld() {
        long now = clock.nanoTime();
        finishWhile(first -> now - first.atNanos >= DONE_AFTER.toNanos());
    }

    boolean isEmpty() {
        return entries.isEmpty();
    }

    /** From the first on; those of one origin together. */
    private void finishWhile(Predicate<Entry> isDone) {
        LongStream.Builder deliveries = LongStream.builder();
        @Nullable Origin origin = null;
        for (Entry first = entries.peek(); first != null && isDone.test(first); first = entries.peek()) {
            entries.remove();
            if (origin != null && origin != first.origin) {
                origin.done(deliveries.build().toArray());
                deliveries = LongStream.builder();
            }
            origin = first.origin;
            deliveries.add(first.delivery);
        }
        if (origin != null) {
            origin.done(deliveries.build().toArray());
        }
    }
}
