package io.eventmesh.runtime;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.lifecycle.Health;
import io.eventmesh.spi.meta.MetaStore;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/** What the process needs of a meta store, in memory: values and registrations; no watches, no elections. */
final class InMemoryMetaStore implements MetaStore {
    private final Map<String, Versioned> values;
    private volatile boolean started;

    /** @param values shared by the stores of one cluster */
    InMemoryMetaStore(Map<String, Versioned> values) {
        this.values = values;
    }

    static Map<String, Versioned> cluster() {
        return new ConcurrentHashMap<>();
    }

    @Override
    public String name() {
        return "meta-memory";
    }

    @Override
    public void start() {
        started = true;
    }

    @Override
    public Health health() {
        return started ? Health.up("in memory") : Health.down("not started");
    }

    @Override
    public void close() {
        started = false;
    }

    @Override
    public boolean connected() {
        return started;
    }

    @Override
    public Handle watchConnection(Consumer<Boolean> listener) {
        listener.accept(started);
        return () -> {};
    }

    @Override
    public CompletionStage<Optional<Versioned>> get(String path) {
        return CompletableFuture.completedFuture(Optional.ofNullable(values.get(path)));
    }

    @Override
    public synchronized CompletionStage<Long> put(String path, byte[] value, long expected) {
        Versioned now = values.get(path);
        long version = now == null ? ABSENT : now.version();
        if (expected != ANY && expected != version) {
            return CompletableFuture.failedFuture(
                    new EventMeshException(ErrorCode.VERSION_CONFLICT, "version: " + version));
        }
        values.put(path, new Versioned(value, version + 1));
        return CompletableFuture.completedFuture(version + 1);
    }

    @Override
    public CompletionStage<Void> delete(String path, long expected) {
        values.remove(path);
        return CompletableFuture.completedFuture(null);
    }

    @Override
    public Handle watch(String directory, Consumer<Map<String, Versioned>> listener) {
        listener.accept(new TreeMap<>());
        return () -> {};
    }

    @Override
    public CompletionStage<Registration> register(String path, byte[] value) {
        values.put(path, new Versioned(value, 0));
        return CompletableFuture.completedFuture(new Registration() {
            @Override
            public CompletionStage<Void> update(byte[] other) {
                values.put(path, new Versioned(other, 1));
                return CompletableFuture.completedFuture(null);
            }

            @Override
            public void close() {
                values.remove(path);
            }
        });
    }

    @Override
    public Handle elect(String path, byte[] candidate, Leadership leadership) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Handle watchLeader(String path, Consumer<Optional<byte[]>> listener) {
        throw new UnsupportedOperationException();
    }
}
