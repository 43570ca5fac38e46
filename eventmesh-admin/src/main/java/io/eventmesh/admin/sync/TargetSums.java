package io.eventmesh.admin.sync;

import io.eventmesh.spi.mesh.TargetStatus;
import io.eventmesh.spi.mesh.TargetStatus.State;

/** One target as several mesh runtimes together know it. Stateless. */
final class TargetSums {
    private TargetSums() {}

    static TargetStatus of(TargetStatus one, TargetStatus other) {
        // the state that an operator must know is not hidden by another runtime's
        TargetStatus worse = weight(one.state()) >= weight(other.state()) ? one : other;
        TargetStatus later = one.lastErrorMillis() >= other.lastErrorMillis() ? one : other;
        return new TargetStatus(
                one.namespace(),
                one.bus(),
                one.rule(),
                one.target(),
                Math.min(one.revision(), other.revision()),
                Math.min(one.epoch(), other.epoch()),
                worse.state(),
                worse.reason(),
                worse.sinceMillis(),
                later.lastError(),
                later.lastErrorMillis(),
                one.inFlight() + other.inFlight(),
                one.waiting() + other.waiting(),
                // by any runtime: both counted the same
                Math.max(one.parked(), other.parked()),
                oldest(one.oldestMillis(), other.oldestMillis()),
                one.delivered() + other.delivered(),
                one.failed() + other.failed(),
                one.dead() + other.dead());
    }

    private static long oldest(long one, long other) {
        return one == 0 || other == 0 ? Math.max(one, other) : Math.min(one, other);
    }

    private static int weight(State state) {
        return switch (state) {
            case RUNNING -> 0;
            case PENDING_VALIDATION -> 1;
            case CIRCUIT_OPEN -> 2;
            case PAUSED -> 3;
            case DISABLED -> 4;
        };
    }
}
