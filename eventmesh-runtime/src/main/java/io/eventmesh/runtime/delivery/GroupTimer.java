package io.eventmesh.runtime.delivery;

import io.eventmesh.common.time.MeshClock;
import io.eventmesh.common.time.Scheduler;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Wakes a group when it has something to do. Belongs to the group's serial executor. */
final class GroupTimer {
    private final Scheduler scheduler;
    private final MeshClock clock;
    private final Runnable onDue;
    private Scheduler.@Nullable Timer timer;
    private long armedFor = Long.MAX_VALUE;

    /** @param onDue called by the scheduler, on a thread of its own */
    GroupTimer(Scheduler scheduler, MeshClock clock, Runnable onDue) {
        this.scheduler = scheduler;
        this.clock = clock;
        this.onDue = onDue;
    }

    /** Wakes at the time or before; an earlier waking that was asked for stays. */
    void arm(long dueNanos) {
        if (dueNanos >= armedFor) {
            return;
        }
        cancel();
        armedFor = dueNanos;
        timer = scheduler.schedule(Duration.ofNanos(Math.max(0, dueNanos - clock.nanoTime())), onDue);
    }

    /** The group has been woken. */
    void fired() {
        armedFor = Long.MAX_VALUE;
    }

    void cancel() {
        if (timer != null) {
            timer.cancel();
        }
    }
}
