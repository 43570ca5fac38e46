package io.eventmesh.runtime.admin;

import java.time.Duration;

/**
 * How often a process reports and how long it bears an admin that does not answer, by the lease that it is granted: a
 * beat that is lost must not cost a task its work, nor a silent stream the lease.
 *
 * @param beat between two reports in which nothing changed
 * @param silenceNanos without any answer, after which another connection is made
 */
record Rhythm(Duration beat, long silenceNanos) {
    private static final Duration LONGEST_BEAT = Duration.ofSeconds(2);
    private static final Duration SHORTEST_BEAT = Duration.ofMillis(50);
    private static final Duration LONGEST_SILENCE = Duration.ofSeconds(6);

    /** Before any lease was granted. */
    static final Rhythm UNKNOWN = new Rhythm(LONGEST_BEAT, LONGEST_SILENCE.toNanos());

    static Rhythm of(Duration lease) {
        if (lease.isZero() || lease.isNegative()) {
            return UNKNOWN;
        }
        Duration fifth = lease.dividedBy(5);
        Duration beat = fifth.compareTo(LONGEST_BEAT) > 0 ? LONGEST_BEAT : fifth;
        Duration half = lease.dividedBy(2);
        return new Rhythm(
                beat.compareTo(SHORTEST_BEAT) < 0 ? SHORTEST_BEAT : beat,
                Math.min(LONGEST_SILENCE.toNanos(), half.toNanos()));
    }
}
