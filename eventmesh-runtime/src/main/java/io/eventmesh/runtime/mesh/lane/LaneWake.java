package io.eventmesh.runtime.mesh.lane;

import io.eventmesh.common.time.MeshClock;
import io.eventmesh.common.time.Scheduler;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Wakes a lane when it has something to do. Belongs to the lane. */
final class LaneWake {
    private final MeshClock clock;
    private final Scheduler scheduler;
    private final Runnable onDue;
    private Scheduler.@Nullable Timer timer;
    private long dueNanos;

    /** @param onDue called by the scheduler, on a thread of its own; tells {@link #woken} */
    LaneWake(MeshClock clock, Scheduler scheduler, Runnable onDue) {
        this.clock = clock;
        this.scheduler = scheduler;
        this.onDue = onDue;
    }

    /** Wakes after the time or before; an earlier waking that was asked for stays. */
    void in(long nanos) {
        if (nanos == Long.MAX_VALUE) {
            return;
        }
        long due = clock.nanoTime() + Math.max(0, nanos);
        if (timer != null) {
            if (due - dueNanos >= 0) {
                return;
            }
            timer.cancel();
        }
        dueNanos = due;
        timer = scheduler.schedule(Duration.ofNanos(Math.max(0, nanos)), onDue);
    }

    /** The lane has been woken, or looks by itself. */
    void woken() {
        if (timer != null && clock.nanoTime() - dueNanos >= 0) {
            timer = null;
        }
    }

    void cancel() {
        if (timer != null) {
            timer.cancel();
            timer = null;
        }
    }
}
