package io.eventmesh.sdk.remote;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.thread.SerialExecutor;
import io.eventmesh.common.time.Scheduler;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * When something that lost its runtime is tried again: at once where a runtime is known that has not failed of late,
 * otherwise after pauses that grow. Confined to its owner's serial executor.
 */
final class Attempts {
    private static final String NO_LOSS = "none";

    private final Wiring wiring;
    private final SerialExecutor serial;
    private Scheduler.@Nullable Timer timer;
    private int failures;
    private String lastLoss = NO_LOSS;

    Attempts(Wiring wiring, SerialExecutor serial) {
        this.wiring = wiring;
        this.serial = serial;
    }

    /** Notes that no runtime is known; the pause before the next look. */
    Duration nobodyKnown() {
        failures++;
        return wiring.pauses().after(failures);
    }

    /**
     * Leaves a link because of what happened on it, unless every runtime would have said the same; the pause before the
     * next attempt.
     */
    Duration lost(Links.Link link, EventMeshException why) {
        lastLoss = why.reason();
        failures++;
        if (Refusals.isOfAll(why)) {
            Duration pause = wiring.pauses().after(failures);
            return why.retryAfter().compareTo(pause) > 0 ? why.retryAfter() : pause;
        }
        wiring.lost(link);
        boolean elsewhere = failures == 1 && wiring.links().hasFresh();
        return elsewhere ? Duration.ZERO : wiring.pauses().after(failures);
    }

    /**
     * A runtime answered: what failed before is over.
     *
     * @param refusal its answer, unless that was good
     */
    void answered(@Nullable EventMeshException refusal) {
        if (failures > 0) {
            failures = 0;
            lastLoss = NO_LOSS;
        }
        if (refusal != null && Refusals.isTrouble(refusal)) {
            wiring.standing().troubled();
        } else {
            wiring.standing().answered();
        }
    }

    /** Whether a step waits for its time. */
    boolean isWaiting() {
        return timer != null;
    }

    /** Runs a step in the serial executor after a pause, instead of the one that waits. */
    void schedule(Duration pause, Runnable step) {
        cancel();
        Scheduler.Timer[] own = new Scheduler.Timer[1];
        own[0] = wiring.scheduler()
                .schedule(
                        pause,
                        () -> serial.execute(() -> {
                            if (timer == own[0]) {
                                timer = null;
                                step.run();
                            }
                        }));
        timer = own[0];
    }

    void cancel() {
        if (timer != null) {
            timer.cancel();
            timer = null;
        }
    }

    /** The end of something that got no answer in time, with what is known about why. */
    EventMeshException tooLate(String what) {
        return new EventMeshException(
                ErrorCode.DEADLINE_EXCEEDED,
                "%s; last failure: %s (expected: one of %s)"
                        .formatted(what, lastLoss, wiring.links().known()));
    }
}
