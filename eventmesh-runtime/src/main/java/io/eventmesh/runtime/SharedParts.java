package io.eventmesh.runtime;

import io.eventmesh.common.lifecycle.Component;
import io.eventmesh.common.lifecycle.Health;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;

/** What the roles of a process have in common, one instance a type, made when first asked for. Thread-safe. */
final class SharedParts implements Component {
    private final Map<Class<?>, Object> parts = new HashMap<>();
    private final Deque<AutoCloseable> closeable = new ArrayDeque<>();

    /** Held while a part is made, so that nobody gets a second one; reentrant, since a part may ask for another. */
    synchronized <T> T get(Class<T> type, Supplier<T> make) {
        Object known = parts.get(type);
        if (known == null) {
            known = make.get();
            parts.put(type, known);
            if (known instanceof AutoCloseable closes) {
                closeable.push(closes);
            }
        }
        return type.cast(known);
    }

    @Override
    public String name() {
        return "shared-parts";
    }

    @Override
    public void start() {}

    @Override
    public Health health() {
        return Health.up();
    }

    @Override
    public synchronized void close() {
        RuntimeException failures = new IllegalStateException("shared parts did not close cleanly");
        while (!closeable.isEmpty()) {
            try {
                closeable.pop().close();
            } catch (Exception failure) {
                failures.addSuppressed(failure);
            }
        }
        parts.clear();
        if (failures.getSuppressed().length > 0) {
            throw failures;
        }
    }
}
