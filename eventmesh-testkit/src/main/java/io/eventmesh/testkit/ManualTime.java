package io.eventmesh.testkit;

import io.eventmesh.common.time.MeshClock;
import io.eventmesh.common.time.Scheduler;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * Clock and scheduler that stand still until the test moves them.
 *
 * <p>{@link #advance} moves wall and monotonic time together and runs the timers that come due on the calling thread, in
 * the order of their due times, each at its own due time; timers that those schedule are run too when they are due by
 * then. {@link #jumpWall} moves the wall alone, as an operator or NTP does. Thread-safe; timers run outside any lock.
 */
public final class ManualTime implements MeshClock, Scheduler {
    private static final Instant START = Instant.parse("2025-01-01T00:00:00Z");

    private final Queue<Due> timers =
            new PriorityQueue<>(Comparator.comparingLong(Due::atNanos).thenComparingLong(Due::number));
    private long nanos = 1_000_000_000L;
    private long wallAheadNanos;
    private long number;
    private final Instant start;

    /** Begins at the start of 2025. */
    public ManualTime() {
        this(START);
    }

    /** @param start wall time at the beginning */
    public ManualTime(Instant start) {
        this.start = start;
    }

    @Override
    public synchronized long millis() {
        return start.plusNanos(nanos - 1_000_000_000L + wallAheadNanos).toEpochMilli();
    }

    @Override
    public synchronized long nanoTime() {
        return nanos;
    }

    @Override
    public synchronized Timer schedule(Duration delay, Runnable task) {
        Due due = new Due(nanos + Math.max(0, delay.toNanos()), number++, task);
        timers.add(due);
        return () -> cancel(due);
    }

    /** Moves time on and runs what comes due; zero runs what is due already. */
    public void advance(Duration by) {
        if (by.isNegative()) {
            throw new IllegalArgumentException("advance: " + by + " (expected: 0 or longer)");
        }
        long until = nanoTime() + by.toNanos();
        for (Due due = next(until); due != null; due = next(until)) {
            due.task().run();
        }
    }

    /** Moves wall time alone, in either direction. */
    public synchronized void jumpWall(Duration by) {
        wallAheadNanos += by.toNanos();
    }

    /** Timers that have neither run nor been cancelled. */
    public synchronized int pendingTimers() {
        return timers.size();
    }

    private synchronized void cancel(Due due) {
        timers.remove(due);
    }

    private synchronized @Nullable Due next(long until) {
        Due first = timers.peek();
        if (first == null || first.atNanos() > until) {
            nanos = Math.max(nanos, until);
            return null;
        }
        timers.remove();
        nanos = Math.max(nanos, first.atNanos());
        return first;
    }

    private record Due(long atNanos, long number, Runnable task) {}
}
