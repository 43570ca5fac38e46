package io.eventmesh.admin.schedule;

import java.time.Duration;

/**
 * The times of the heartbeat.
 *
 * @param lease how long a runtime may run its tasks after the report that was answered
 * @param grace how much longer the leader waits before it gives them to others
 * @param suspect after how much silence a runtime gets no new tasks
 */
public record Timing(Duration lease, Duration grace, Duration suspect) {
    /** After this much silence a task's owner has certainly stopped it. */
    long lostNanos() {
        return lease.plus(grace).toNanos();
    }

    /**
     * How long a leader that may have been replaced, without a meta store or after a pause of its process, may act on the
     * database's word that nobody began a later term.
     */
    long confirmedNanos() {
        return grace.toNanos() * 4 / 5;
    }

    /** By how much the clocks of mesh runtimes may be behind: the grace is more than twice of that. */
    Duration skew() {
        Duration most = Duration.ofSeconds(2);
        Duration fits = grace.multipliedBy(2).dividedBy(5);
        return fits.compareTo(most) < 0 ? fits : most;
    }
}
