package io.eventmesh.tests.fault.task;

import java.time.Duration;

/**
 * How patient a scene is.
 *
 * @param lease of the runtimes
 * @param grace of the leading admin beyond it
 * @param session of the processes with ZooKeeper
 * @param stop how long a paused process stays paused
 * @param rate numbers a second and source, so that what is stored within a lease is less than a task's window
 */
record Timings(Duration lease, Duration grace, Duration session, Duration stop, int rate) {
    /** What starting a task, and a machine that does other things as well, may add. */
    private static final Duration START = Duration.ofSeconds(5);

    static final Timings SHORT = new Timings(
            Duration.ofSeconds(3), Duration.ofSeconds(1), Duration.ofSeconds(4), Duration.ofSeconds(8), 100);
    static final Timings DEFAULTS = new Timings(
            Duration.ofSeconds(15), Duration.ofSeconds(5), Duration.ofSeconds(10), Duration.ofSeconds(40), 50);

    /** A lease longer than the session, as by default: a dead admin is known to be away before leases end. */
    static final Timings OUTAGE =
            new Timings(Duration.ofSeconds(5), Duration.ofSeconds(1), Duration.ofSeconds(2), Duration.ZERO, 50);

    /** ZooKeeper ends sessions at its ticks, and grants none of more than twenty. */
    int tickMillis() {
        return (int) session.toMillis() / 8;
    }

    /** After so long the tasks of a dead runtime run again. */
    Duration runsAgain() {
        return lease.plus(grace).plus(START);
    }

    /** The same when the leading admin is dead as well. */
    Duration runsAgainWithoutLeader() {
        return session.plus(runsAgain());
    }
}
