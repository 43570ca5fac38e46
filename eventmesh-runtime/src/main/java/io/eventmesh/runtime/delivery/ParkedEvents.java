package io.eventmesh.runtime.delivery;

import io.eventmesh.common.time.MeshClock;
import io.eventmesh.spi.storage.Position;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/**
 * What the parking holds of a group: which is due when, and how much of it may be in memory again. Part of one
 * {@link GroupState}.
 */
final class ParkedEvents {
    private static final int CROWD = 4;

    private final int maxLoaded;
    private final int maxInFlow;
    private final Consumer<Entry> loader;
    private final Map<Position, Entry> byPosition = new HashMap<>();
    /** Those that nothing of their lane stands before. */
    private final PriorityQueue<Entry> due = new PriorityQueue<>(
            Comparator.comparingLong((Entry entry) -> entry.dueMillis).thenComparing(Entry::byPosition));

    private final BiConsumer<Flow, Boolean> crowded;
    private int loaded;

    /** @param crowded told of a flow of which {@value #CROWD} times its bound are parked, and of one of which nothing is */
    ParkedEvents(int maxLoaded, int maxInFlow, Consumer<Entry> loader, BiConsumer<Flow, Boolean> crowded) {
        this.maxLoaded = maxLoaded;
        this.maxInFlow = maxInFlow;
        this.loader = loader;
        this.crowded = crowded;
    }

    int size() {
        return byPosition.size();
    }

    boolean holds(Position position) {
        return !byPosition.isEmpty() && byPosition.containsKey(position);
    }

    /** Whether a new event of the flow has to wait for earlier ones. */
    boolean isFull(Flow flow) {
        return flow.held >= maxInFlow || !flow.backlog.isEmpty();
    }

    /** Takes over an entry that the parking holds; it waits for its due time if it is the first of its lane. */
    void add(Entry entry) {
        if (byPosition.put(entry.position, entry) == null && entry.flow != null) {
            entry.flow.parked++;
            if (entry.flow.parked >= CROWD * maxInFlow) {
                crowded.accept(entry.flow, true);
            }
        }
        if (!entry.isFirstOfLane() || entry.queued) {
            return;
        }
        entry.queued = true;
        if (entry.lane != null && !entry.window.progress.hasPassed(entry.position.offset())) {
            entry.window.early.add(entry);
        } else {
            due.add(entry);
        }
    }

    /** More of the partition was read: what waited for that may be its turn now. */
    void read(PartitionWindow window) {
        if (!window.early.isEmpty()) {
            List<Entry> waiting = List.copyOf(window.early);
            window.early.clear();
            for (Entry entry : waiting) {
                entry.queued = false;
                add(entry);
            }
        }
    }

    /** An entry that was loaded went back to the parking. */
    void unload(Entry entry) {
        leave(entry);
    }

    /** A loaded entry is done. */
    void remove(Entry entry) {
        if (byPosition.remove(entry.position) != null && entry.flow != null) {
            entry.flow.parked--;
            if (entry.flow.parked == 0) {
                crowded.accept(entry.flow, false);
            }
        }
        leave(entry);
    }

    /** Forgets what belongs to the window. */
    void drop(PartitionWindow window) {
        byPosition.values().removeIf(entry -> {
            if (entry.window == window && entry.flow == null && entry.state != Entry.State.PARKED) {
                loaded--;
            }
            return entry.window == window;
        });
        due.removeIf(entry -> entry.window == window);
        window.flows.values().forEach(flow -> crowded.accept(flow, false));
    }

    /** What is parked of the flow is due now. */
    void hasten(String flow) {
        List<Entry> sooner = due.stream()
                .filter(entry -> entry.flow != null && entry.flow.name.equals(flow))
                .toList();
        due.removeAll(Set.copyOf(sooner));
        for (Entry entry : sooner) {
            entry.dueMillis = 0;
            due.add(entry);
        }
    }

    /** Earliest wall time at which {@link #loadDue} has something to do; {@link Long#MAX_VALUE} for never. */
    long nextDueMillis() {
        Entry first = due.peek();
        return first == null || loaded >= maxLoaded ? Long.MAX_VALUE : first.dueMillis;
    }

    /** Loads what is due and has room. */
    void loadDue(MeshClock clock) {
        if (due.isEmpty()) {
            return;
        }
        long now = clock.millis();
        while (loaded < maxLoaded) {
            Entry entry = due.peek();
            if (entry == null || entry.dueMillis > now) {
                return;
            }
            due.remove();
            if (entry.flow != null) {
                entry.flow.backlog.add(entry);
                pump(entry.flow);
            } else {
                entry.queued = false;
                loaded++;
                loader.accept(entry);
            }
        }
    }

    /** Loads of a flow what has room. */
    private void pump(Flow flow) {
        while (flow.loaded < maxInFlow && !flow.backlog.isEmpty()) {
            Entry entry = flow.backlog.remove();
            flow.loaded++;
            entry.inFlow = true;
            entry.queued = false;
            loader.accept(entry);
        }
    }

    private void leave(Entry entry) {
        if (entry.flow == null) {
            loaded--;
        } else if (entry.inFlow) {
            entry.inFlow = false;
            entry.flow.loaded--;
            pump(entry.flow);
        }
    }
}
