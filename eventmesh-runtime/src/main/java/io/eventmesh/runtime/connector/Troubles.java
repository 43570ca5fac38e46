package io.eventmesh.runtime.connector;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * What speaks against giving this process more tasks: a plugin that used up its memory or stack again and again within
 * the last ten minutes, threads that nothing ends. Thread-safe.
 */
final class Troubles {
    private static final long REMEMBERED_NANOS = Duration.ofMinutes(10).toNanos();
    /** One may be one plugin's fault on one bad day. */
    private static final int TOO_MANY_ABANDONED = 2;

    private final List<TaskRun> abandoned = new ArrayList<>();
    private String exhausted = "";
    private long exhaustedNanos;

    /** A task was given up because its plugin exhausts the process. */
    synchronized void exhausted(String task, String error, long now) {
        exhausted = "task %s exhausts the process: %s".formatted(task, error);
        exhaustedNanos = now;
    }

    /** The thread of a severed task does not end. */
    synchronized void abandoned(TaskRun run) {
        abandoned.add(run);
    }

    /** How many threads of severed tasks still live. */
    synchronized int abandoned() {
        abandoned.removeIf(TaskRun::hasEnded);
        return abandoned.size();
    }

    /** Why the process wants no more tasks; empty for none. */
    synchronized String why(long now) {
        if (!exhausted.isEmpty() && now - exhaustedNanos >= REMEMBERED_NANOS) {
            exhausted = "";
        }
        int stuck = abandoned();
        String threads = stuck < TOO_MANY_ABANDONED ? "" : "%d threads of severed tasks do not end".formatted(stuck);
        return exhausted.isEmpty() || threads.isEmpty() ? exhausted + threads : exhausted + "; " + threads;
    }
}
