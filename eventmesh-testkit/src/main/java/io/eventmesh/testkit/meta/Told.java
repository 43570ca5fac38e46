package io.eventmesh.testkit.meta;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/**
 * A listener that keeps what it was told, and notices two calls at once. Thread-safe.
 *
 * @param <T> what is told
 */
public final class Told<T> implements Consumer<T> {
    private final List<T> all = new CopyOnWriteArrayList<>();
    private final AtomicInteger inside = new AtomicInteger();
    private volatile boolean overlapped;

    @Override
    public void accept(T value) {
        if (inside.incrementAndGet() > 1) {
            overlapped = true;
        }
        all.add(value);
        inside.decrementAndGet();
    }

    /** Everything so far, in order. */
    public List<T> all() {
        return List.copyOf(all);
    }

    /** How often it was called. */
    public int count() {
        return all.size();
    }

    /** The newest. */
    public T last() {
        if (all.isEmpty()) {
            throw new AssertionError("nothing told (expected: something)");
        }
        return all.get(all.size() - 1);
    }

    /** Whether two calls ran at the same time. */
    public boolean overlapped() {
        return overlapped;
    }
}
