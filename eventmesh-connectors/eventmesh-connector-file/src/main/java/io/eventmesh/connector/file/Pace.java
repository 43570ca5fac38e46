package io.eventmesh.connector.file;

import java.util.concurrent.TimeUnit;

/**
 * How many events may go now at a steady rate; what was not used for longer than a tenth of a second is lost, so that no
 * burst follows a pause.
 */
final class Pace {
    private static final long SLACK_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    private final int perSecond;
    private long dueNanos;

    /** @param perSecond 0 for no limit */
    Pace(int perSecond, long now) {
        this.perSecond = perSecond;
        this.dueNanos = now;
    }

    /** How many of so many may go now. */
    int allowed(int wanted, long now) {
        if (perSecond == 0) {
            return wanted;
        }
        if (now - dueNanos > SLACK_NANOS) {
            dueNanos = now - SLACK_NANOS;
        }
        long late = now - dueNanos;
        return late < 0 ? 0 : (int) Math.min(wanted, late * perSecond / TimeUnit.SECONDS.toNanos(1) + 1);
    }

    /** So many went. */
    void went(int count) {
        if (perSecond > 0) {
            dueNanos += count * TimeUnit.SECONDS.toNanos(1) / perSecond;
        }
    }
}
