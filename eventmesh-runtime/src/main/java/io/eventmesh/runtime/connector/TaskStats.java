package io.eventmesh.runtime.connector;

import java.util.concurrent.atomic.AtomicLong;

/** What a task counts. Written by its thread, read by any. */
final class TaskStats {
    private static final double SMOOTHING = 0.3;

    private final AtomicLong events = new AtomicLong();
    private volatile long inFlight;
    private volatile long committedSeq;
    private volatile double rate;
    private long rateEvents;
    private long rateNanos;

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
        if (rateNanos == 0 || seconds <= 0) {
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
}
