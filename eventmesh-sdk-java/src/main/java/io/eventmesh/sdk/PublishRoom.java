package io.eventmesh.sdk;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** Lets publishing threads wait while too much is in flight. Thread-safe. */
final class PublishRoom {
    private static final int UNIT = 1024;

    private final Semaphore events;
    private final Semaphore kibibytes;
    private final int maxEvents;
    private final int maxKibibytes;
    private final Duration patience;
    private final BooleanSupplier mustNotWait;

    /**
     * @param patience how long a thread waits
     * @param mustNotWait whether the calling thread is one that frees the room
     */
    PublishRoom(int maxEvents, long maxBytes, Duration patience, BooleanSupplier mustNotWait) {
        this.maxEvents = maxEvents;
        this.maxKibibytes = (int) Math.min(Integer.MAX_VALUE, Math.max(1, maxBytes / UNIT));
        this.events = new Semaphore(maxEvents);
        this.kibibytes = new Semaphore(maxKibibytes);
        this.patience = patience;
        this.mustNotWait = mustNotWait;
    }

    /** Takes room for an event, waiting for it if need be; what stands against it, or null. */
    @Nullable
    EventMeshException enter(int size) {
        long nanos = mustNotWait.getAsBoolean() ? 0 : patience.toNanos();
        try {
            if (!events.tryAcquire(nanos, TimeUnit.NANOSECONDS)) {
                return full();
            }
            if (!kibibytes.tryAcquire(units(size), nanos, TimeUnit.NANOSECONDS)) {
                events.release();
                return full();
            }
            return null;
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            return full();
        }
    }

    void leave(int size) {
        kibibytes.release(units(size));
        events.release();
    }

    private int units(int size) {
        return Math.min(maxKibibytes, size / UNIT + 1);
    }

    private EventMeshException full() {
        return new EventMeshException(
                ErrorCode.OVERLOADED,
                "publishes in flight: %d events, %d KiB (expected: <= %d events, %d KiB)"
                        .formatted(
                                maxEvents - events.availablePermits(),
                                maxKibibytes - kibibytes.availablePermits(),
                                maxEvents,
                                maxKibibytes));
    }
}
