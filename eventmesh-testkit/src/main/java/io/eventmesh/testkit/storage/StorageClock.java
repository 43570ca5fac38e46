package io.eventmesh.testkit.storage;

import io.eventmesh.common.time.MeshClock;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/** A clock that stands until the test moves it; both times move together. Thread-safe. */
public final class StorageClock implements MeshClock {
    private static final long BEGIN_MILLIS = 1_700_000_000_000L;

    private final AtomicLong nanos = new AtomicLong();

    public void advance(Duration by) {
        nanos.addAndGet(by.toNanos());
    }

    @Override
    public long millis() {
        return BEGIN_MILLIS + nanos.get() / 1_000_000;
    }

    @Override
    public long nanoTime() {
        return nanos.get();
    }
}
