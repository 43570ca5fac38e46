package io.eventmesh.admin;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.lifecycle.Health;
import io.eventmesh.spi.meta.MetaStore;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/** A meta store in memory, shared by the admins of a test, that can be taken away. */
public final class MemoryMetaStore implements MetaStore {
    @SuppressWarnings("ArrayRecordComponent") // compared by identity only
    private record Candidate(byte[] value, Leadership leadership) {}

    private final Map<String, Versioned> values = new TreeMap<>();
    private final Map<String, List<Candidate>> elections = new LinkedHashMap<>();
    private final Map<String, List<Consumer<Optional<byte[]>>>> leaderWatches = new LinkedHashMap<>();
    private final Map<String, List<Consumer<Map<String, Versioned>>>> watches = new LinkedHashMap<>();
    private boolean away;
    private long version;

    @Override
    public String name() {
        return "meta-memory";
    }

    @Override
    public void start() {}

    @Override
    public Health health() {
        return Health.up();
    }

    /** Takes the store away: the leader may no longer lead, nothing can be read or written. */
    public synchronized void takeAway(String path) {
        away = true;
        List<Candidate> candidates = elections.getOrDefault(path, List.of());
        if (!candidates.isEmpty()) {
            candidates.get(0).leadership().lost();
        }
    }

    /** The store is back, and the first candidate leads. */
    public synchronized void bringBack(String path) {
        away = false;
        elect(path);
    }

    /** The leader must stand back behind the others, who lead in its place. */
    public synchronized void depose(String path) {
        List<Candidate> candidates = elections.computeIfAbsent(path, missing -> new ArrayList<>());
        Candidate old = candidates.remove(0);
        old.leadership().lost();
        candidates.add(old);
        elect(path);
    }

    @Override
    public synchronized boolean connected() {
        return !away;
    }

    @Override
    public Handle watchConnection(Consumer<Boolean> listener) {
        listener.accept(connected());
        return () -> {};
    }

    @Override
    public synchronized CompletionStage<Optional<Versioned>> get(String path) {
        return away ? unavailable() : CompletableFuture.completedFuture(Optional.ofNullable(values.get(path)));
    }

    @Override
    public synchronized CompletionStage<Long> put(String path, byte[] value, long expected) {
        if (away) {
            return unavailable();
        }
        Versioned there = values.get(path);
        long now = there == null ? ABSENT : there.version();
        if (expected != ANY && expected != now) {
            return CompletableFuture.failedFuture(
                    new EventMeshException(ErrorCode.VERSION_CONFLICT, "version: " + now));
        }
        values.put(path, new Versioned(value, ++version));
        tell(path);
        return CompletableFuture.completedFuture(version);
    }

    @Override
    public synchronized CompletionStage<Void> delete(String path, long expected) {
        if (away) {
            return unavailable();
        }
        values.remove(path);
        tell(path);
        return CompletableFuture.completedFuture(null);
    }

    @Override
    public synchronized Handle watch(String directory, Consumer<Map<String, Versioned>> listener) {
        watches.computeIfAbsent(directory, missing -> new ArrayList<>()).add(listener);
        listener.accept(below(directory));
        return () -> {};
    }

    private Map<String, Versioned> below(String directory) {
        Map<String, Versioned> below = new TreeMap<>();
        values.forEach((path, value) -> {
            if (path.startsWith(directory + "/")) {
                below.put(path.substring(directory.length() + 1), value);
            }
        });
        return below;
    }

    private void tell(String path) {
        String directory = path.substring(0, Math.max(0, path.lastIndexOf('/')));
        watches.getOrDefault(directory, List.of()).forEach(listener -> listener.accept(below(directory)));
    }

    @Override
    public CompletionStage<Registration> register(String path, byte[] value) {
        return put(path, value, ANY).thenApply(done -> new Registration() {
            @Override
            public CompletionStage<Void> update(byte[] other) {
                return put(path, other, ANY).thenApply(stored -> null);
            }

            @Override
            public void close() {
                delete(path, ANY);
            }
        });
    }

    @Override
    public synchronized Handle elect(String path, byte[] value, Leadership leadership) {
        Candidate candidate = new Candidate(value, leadership);
        List<Candidate> candidates = elections.computeIfAbsent(path, missing -> new ArrayList<>());
        candidates.add(candidate);
        if (candidates.size() == 1) {
            elect(path);
        }
        return () -> resign(path, candidate);
    }

    private synchronized void resign(String path, Candidate candidate) {
        List<Candidate> candidates = elections.computeIfAbsent(path, missing -> new ArrayList<>());
        boolean led = candidates.indexOf(candidate) == 0;
        candidates.remove(candidate);
        if (led) {
            elect(path);
        }
    }

    private void elect(String path) {
        List<Candidate> candidates = elections.getOrDefault(path, List.of());
        Optional<Candidate> first = candidates.stream().findFirst();
        leaderWatches.getOrDefault(path, List.of()).forEach(watch -> watch.accept(first.map(Candidate::value)));
        first.ifPresent(leader -> leader.leadership().gained());
    }

    @Override
    public synchronized Handle watchLeader(String path, Consumer<Optional<byte[]>> listener) {
        leaderWatches.computeIfAbsent(path, missing -> new ArrayList<>()).add(listener);
        listener.accept(
                elections.getOrDefault(path, List.of()).stream().findFirst().map(Candidate::value));
        return () -> {};
    }

    private static <T> CompletionStage<T> unavailable() {
        return CompletableFuture.failedFuture(new EventMeshException(ErrorCode.META_UNAVAILABLE, "away"));
    }

    @Override
    public void close() {}
}
