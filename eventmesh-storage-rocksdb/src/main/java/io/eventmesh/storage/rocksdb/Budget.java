package io.eventmesh.storage.rocksdb;

import java.util.concurrent.atomic.AtomicLong;

/**
 * A number of bytes that {@link #take} never exceeds, and a memory of having found nothing to free. Thread-safe.
 */
final class Budget {
    /** How long a vain search for room is not repeated while nothing has changed. */
    private static final long RECHECK_NANOS = 100_000_000;

    private final long limit;
    private final AtomicLong used = new AtomicLong();
    private volatile long searchedAt;
    private volatile boolean exhausted;

    Budget(long limit) {
        this.limit = limit;
    }

    long limit() {
        return limit;
    }

    long used() {
        return used.get();
    }

    boolean fits(long size) {
        return used.get() + size <= limit;
    }

    boolean take(long size) {
        while (true) {
            long now = used.get();
            if (now + size > limit) {
                return false;
            }
            if (used.compareAndSet(now, now + size)) {
                return true;
            }
        }
    }

    /** Takes without regard to the limit, because it is there already. */
    void force(long size) {
        used.addAndGet(size);
    }

    void release(long size) {
        if (size != 0) {
            used.addAndGet(-size);
        }
    }

    /** Whether a search was vain a moment ago and nothing has changed since. */
    boolean isExhausted(long now) {
        return exhausted && now - searchedAt < RECHECK_NANOS;
    }

    /** Before a search, so that a change during the search is not forgotten. */
    void searching(long now) {
        searchedAt = now;
        exhausted = true;
    }

    /** Something may be free now. */
    void stir() {
        if (exhausted) {
            exhausted = false;
        }
    }
}
