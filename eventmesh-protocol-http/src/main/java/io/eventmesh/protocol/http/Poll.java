package io.eventmesh.protocol.http;

import io.eventmesh.common.time.Scheduler;
import io.eventmesh.common.time.Scheduler.Timer;
import io.vertx.core.http.HttpServerRequest;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** One request that waits for events. Touched under its session's serial executor. */
final class Poll {
    private final HttpServerRequest request;
    private final int max;
    private int step = 1;
    private @Nullable Timer end;
    private @Nullable Timer linger;

    Poll(HttpServerRequest request, int max) {
        this.request = request;
        this.max = max;
    }

    HttpServerRequest request() {
        return request;
    }

    /** How many events at most. */
    int max() {
        return max;
    }

    /** How many events to ask for next, twice as many each time. */
    int nextStep(int wanted) {
        int next = Math.min(step, wanted);
        step = Math.min(2 * step, max);
        return next;
    }

    void endAfter(Scheduler scheduler, Duration wait, Runnable task) {
        end = scheduler.schedule(wait, task);
    }

    /** Schedules the task once, however often it is called. */
    void lingerOnce(Scheduler scheduler, Duration wait, Runnable task) {
        if (linger == null) {
            linger = scheduler.schedule(wait, task);
        }
    }

    void cancelTimers() {
        cancel(end);
        cancel(linger);
    }

    private static void cancel(@Nullable Timer timer) {
        if (timer != null) {
            timer.cancel();
        }
    }
}
