package io.eventmesh.runtime.mesh.lane;

import io.eventmesh.common.time.MeshClock;
import io.eventmesh.common.time.Scheduler;
import io.eventmesh.spi.mesh.CallContext;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.concurrent.Executor;
import java.util.random.RandomGenerator;

/**
 * What the lanes of a runtime have in common.
 *
 * @param context the runtime itself as a caller
 * @param dispatch runs what a lane does not do inline; must not be blocked
 * @param random for the jitter of retries; thread-safe
 */
record LaneSurroundings(
        LaneOutbox outbox,
        Backlogs backlogs,
        Senders senders,
        CallContext context,
        Executor dispatch,
        RandomGenerator random,
        MeterRegistry meters) {
    MeshClock clock() {
        return senders.clock();
    }

    Scheduler scheduler() {
        return senders.scheduler();
    }
}
