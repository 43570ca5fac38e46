package io.eventmesh.common.time;

import java.time.Duration;

/**
 * Fires a task once after a delay, on the timer thread, which hands over at once: the task must not block.
 *
 * <p>Thread-safe. {@code ManualTime} in the test kit implements it together with {@link MeshClock}, so that a test
 * decides when a time-out happens.
 */
public interface Scheduler {
    /** A scheduled task. */
    interface Timer {
        /** Keeps the task from running if it has not begun. Any number of times, by any thread. */
        void cancel();
    }

    /** Runs the task once, {@code delay} of monotonic time from now; a zero or negative delay means soon. */
    Timer schedule(Duration delay, Runnable task);
}
