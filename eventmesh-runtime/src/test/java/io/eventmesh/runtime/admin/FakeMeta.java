package io.eventmesh.runtime.admin;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.eventmesh.common.lifecycle.Health;
import io.eventmesh.spi.meta.MetaStore;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/** A meta store with one leader that the test names and values that it sets. Thread-safe. */
public final class FakeMeta implements MetaStore {
    private final List<Consumer<Boolean>> connectionListeners = new CopyOnWriteArrayList<>();
    private final List<Consumer<Optional<byte[]>>> leaderListeners = new CopyOnWriteArrayList<>();
    private final Map<String, String> values = new ConcurrentHashMap<>();
    private final Map<String, List<Consumer<Map<String, Versioned>>>> watches = new ConcurrentHashMap<>();
    private final Set<String> held = ConcurrentHashMap.newKeySet();
    private volatile boolean connected = true;
    private volatile Optional<byte[]> leader = Optional.empty();

    public void lead(String address) {
        leader = Optional.of(address.getBytes(UTF_8));
        leaderListeners.forEach(listener -> listener.accept(leader));
    }

    public void leadNobody() {
        leader = Optional.empty();
        leaderListeners.forEach(listener -> listener.accept(leader));
    }

    public void connect(boolean value) {
        connected = value;
        connectionListeners.forEach(listener -> listener.accept(value));
    }

    public void set(String path, String value) {
        values.put(path, value);
        tell(path.substring(0, path.lastIndexOf('/')));
    }

    /** What lies in the directory is not told until it is released. */
    public void hold(String directory) {
        held.add(directory);
    }

    public void release(String directory) {
        held.remove(directory);
        tell(directory);
    }

    @Override
    public boolean connected() {
        return connected;
    }

    @Override
    public Handle watchConnection(Consumer<Boolean> listener) {
        connectionListeners.add(listener);
        listener.accept(connected);
        return () -> connectionListeners.remove(listener);
    }

    @Override
    public Handle watchLeader(String path, Consumer<Optional<byte[]>> listener) {
        leaderListeners.add(listener);
        listener.accept(leader);
        return () -> leaderListeners.remove(listener);
    }

    @Override
    public CompletionStage<Optional<Versioned>> get(String path) {
        return CompletableFuture.completedFuture(
                Optional.ofNullable(values.get(path)).map(value -> new Versioned(value.getBytes(UTF_8), 1)));
    }

    @Override
    public CompletionStage<Long> put(String path, byte[] value, long expected) {
        throw new UnsupportedOperationException();
    }

    @Override
    public CompletionStage<Void> delete(String path, long expected) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Handle watch(String directory, Consumer<Map<String, Versioned>> listener) {
        watches.computeIfAbsent(directory, key -> new CopyOnWriteArrayList<>()).add(listener);
        if (!held.contains(directory)) {
            listener.accept(below(directory));
        }
        return () -> watches.get(directory).remove(listener);
    }

    @Override
    public CompletionStage<Registration> register(String path, byte[] value) {
        set(path, new String(value, UTF_8));
        return CompletableFuture.completedFuture(new Registration() {
            @Override
            public CompletionStage<Void> update(byte[] other) {
                set(path, new String(other, UTF_8));
                return CompletableFuture.completedFuture(null);
            }

            @Override
            public void close() {
                values.remove(path);
            }
        });
    }

    private Map<String, Versioned> below(String directory) {
        Map<String, Versioned> found = new TreeMap<>();
        values.forEach((path, value) -> {
            if (path.startsWith(directory + "/")) {
                found.put(path.substring(directory.length() + 1), new Versioned(value.getBytes(UTF_8), 1));
            }
        });
        return found;
    }

    private void tell(String directory) {
        if (!held.contains(directory)) {
            watches.getOrDefault(directory, List.of()).forEach(listener -> listener.accept(below(directory)));
        }
    }

    @Override
    public Handle elect(String path, byte[] candidate, Leadership leadership) {
        throw new UnsupportedOperationException();
    }

    @Override
    public String name() {
        return "fake";
    }

    @Override
    public void start() {}

    @Override
    public Health health() {
        return Health.up();
    }

    @Override
    public void close() {}
}
