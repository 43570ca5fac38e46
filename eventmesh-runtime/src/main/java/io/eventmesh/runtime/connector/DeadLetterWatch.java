package io.eventmesh.runtime.connector;

import io.eventmesh.spi.mesh.TaskFence;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sees what a task sets aside: says so, and lets the task pause by its {@link Breaker} when it is too much, until
 * somebody resumes it. Used by the task's thread.
 */
final class DeadLetterWatch {
    private static final Logger log = LoggerFactory.getLogger(DeadLetterWatch.class);
    private static final long SAID_EVERY_NANOS = 60_000_000_000L;

    private final TaskFence fence;
    private final TaskControl control;
    private final Breaker breaker;
    private long letters;
    private long saidNanos;

    DeadLetterWatch(TaskFence fence, TaskControl control, ConnectorConfig config) {
        this.fence = fence;
        this.control = control;
        this.breaker = new Breaker(config.deadLettersPerMinute());
    }

    /** An event was moved as it should. */
    void moved() {
        breaker.moved();
    }

    /** A record or event was set aside. */
    void deadLetter(String place, String cause) {
        long now = control.nanoTime();
        if (letters++ == 0 || now - saidNanos >= SAID_EVERY_NANOS) {
            saidNanos = now;
            log.warn(
                    "Events go to the dead letter. task={} place={} soFar={} error={}",
                    fence.task(),
                    place,
                    letters,
                    cause);
        }
        boolean wasOpen = breaker.isOpen();
        breaker.deadLetter(now, cause);
        if (breaker.isOpen() && !wasOpen) {
            log.error(
                    "Task pauses by itself until it is resumed, too much of it became dead letters. task={} why={}",
                    fence.task(),
                    breaker.why());
            control.pauseItself(breaker.why());
        }
    }

    /** Whether the task shall rest, by itself or because it was told to; a resume closes the breaker. */
    boolean rests() {
        if (breaker.isOpen() && control.brake() == null) {
            log.info("Task goes on, its breaker is closed. task={}", fence.task());
            breaker.reset();
        }
        return control.isPaused();
    }
}
