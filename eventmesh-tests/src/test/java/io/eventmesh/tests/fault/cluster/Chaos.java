package io.eventmesh.tests.fault.cluster;

import io.eventmesh.common.time.MeshClock;
import java.time.Duration;
import java.util.Random;

/**
 * What a run was asked for: {@code -Dchaos.minutes=N}, {@code -Dchaos.seed=N}, {@code -Dchaos.rate=N},
 * {@code -Dchaos.brokers=N}.
 */
final class Chaos {
    /** Zero: the short form, each fault once. */
    static final int MINUTES = Integer.getInteger("chaos.minutes", 0);

    /** Events a second; fewer in the short form, so that what ended is soon back beside other work. */
    static final int RATE = Integer.getInteger("chaos.rate", MINUTES == 0 ? 1_000 : 5_000);

    /** How many brokers of three end and come back in the short form; each takes half a minute of a busy machine. */
    static final int BROKERS = Integer.getInteger("chaos.brokers", 1);

    static final long SEED = Long.getLong("chaos.seed", new Random().nextLong(1_000_000));

    private static final long MOST_EVENTS = 600_000;

    private final MeshClock clock = MeshClock.system();
    private final long end = clock.nanoTime() + Duration.ofMinutes(MINUTES).toNanos();

    /** Events a second of a round whose faults last so long in all: fewer where the history would not fit otherwise. */
    static int rate(Duration faults) {
        long fitting = MOST_EVENTS / Math.max(1, faults.toSeconds());
        return (int) Math.min(RATE, fitting);
    }

    static boolean isShort() {
        return MINUTES == 0;
    }

    /** Whether there is time for another round. */
    boolean goesOn() {
        return clock.nanoTime() - end < 0;
    }
}
