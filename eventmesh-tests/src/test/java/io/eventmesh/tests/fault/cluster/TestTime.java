package io.eventmesh.tests.fault.cluster;

import io.eventmesh.common.time.MeshClock;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Waits for a moment, for faults that last. */
final class TestTime {
    private TestTime() {}

    /** @param until on the clock's monotonic scale */
    static void awaitUntil(MeshClock clock, long until) throws InterruptedException {
        CountDownLatch nobody = new CountDownLatch(1);
        for (long left = until - clock.nanoTime(); left > 0; left = until - clock.nanoTime()) {
            if (nobody.await(left, TimeUnit.NANOSECONDS)) {
                throw new IllegalStateException("nobody counts it down");
            }
        }
    }
}
