package io.eventmesh.runtime.connector;

import java.util.concurrent.atomic.AtomicLong;

/** What a task counts. Written by its thread, read by any. */
final class TaskStats {
    private static final double SMOOTHING = 0.3;
    /** What passed between two reports that follow one another at once says nothing. */
    private static final long SHORTEST_NANOS = 200_000_000;

    private final AtomicLong events = new AtomicLong();
    private volatile long inFlight;
    private volatile long committedSeq;
    private volatile double rate;
    private long rateEvents;
    private long rateNanos;
    private double cpuMillis;
    private long cpuUsed;
    private long cpuNanos;

    void moved(long count) {
        events.addAndGet(count);
    }

    void inFlight(long count) {
        inFlight = count;
    }

    void committedSeq(long seq) {
        committedSeq = seq;
    }

    long events() {
        return events.get();
    }

    long inFlight() {
        return inFlight;
    }

    long committedSeq() {
        return committedSeq;
    }

    /** Events a second, smoothed over the calls, which one thread at a time makes. */
    double rate(long now) {
        long seconds = now - rateNanos;
        if (rateNanos != 0 && seconds < SHORTEST_NANOS) {
            return rate;
        }
        if (rateNanos == 0) {
            rateNanos = now;
            rateEvents = events();
            return rate;
        }
        long moved = events();
        double last = (moved - rateEvents) * 1e9 / seconds;
        rate = rate == 0 ? last : rate + SMOOTHING * (last - rate);
        rateNanos = now;
        rateEvents = moved;
        return rate;
    }

    /**
     * Processor milliseconds a second, smoothed over the calls, which one thread at a time makes.
     *
     * @param used processor nanoseconds of the task's thread so far; negative when not known
     */
    double cpu(long now, long used) {
        long passed = now - cpuNanos;
        if (used < 0 || (cpuNanos != 0 && passed < SHORTEST_NANOS)) {
            return cpuMillis;
        }
        if (cpuNanos != 0) {
            double last = Math.max(0, used - cpuUsed) * 1e3 / passed;
            cpuMillis = cpuMillis == 0 ? last : cpuMillis + SMOOTHING * (last - cpuMillis);
        }
        cpuNanos = now;
        cpuUsed = used;
        return cpuMillis;
    }
}
