package io.eventmesh.admin.schedule;

import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Which tasks each runtime has or is about to get, counted as they change. Belongs to the board. */
final class Holdings {
    private static final class Holding {
        final Set<TaskEntry> tasks = new LinkedHashSet<>();
        final Map<String, Integer> connectors = new HashMap<>();
        double load;
    }

    private final Map<String, Holding> byRuntime = new HashMap<>();

    /** Counts a task anew after it changed. */
    void update(TaskEntry entry) {
        @Nullable String runtime = entry.isOwned() ? entry.row.assignment().runtime() : null;
        if (entry.pending instanceof Write.Assign assign) {
            runtime = assign.runtime();
        }
        double weight = runtime == null ? 0 : entry.weight();
        if (Objects.equals(runtime, entry.holder) && weight == entry.counted) {
            return;
        }
        remove(entry);
        if (runtime != null) {
            Holding holding = byRuntime.computeIfAbsent(runtime, missing -> new Holding());
            holding.tasks.add(entry);
            holding.connectors.merge(entry.row.connectorId(), 1, Integer::sum);
            holding.load += weight;
            entry.holder = runtime;
            entry.counted = weight;
        }
    }

    void remove(TaskEntry entry) {
        @Nullable String runtime = entry.holder;
        Holding holding = runtime == null ? null : byRuntime.get(runtime);
        entry.holder = null;
        if (holding == null || !holding.tasks.remove(entry)) {
            return;
        }
        holding.connectors.computeIfPresent(
                entry.row.connectorId(), (connector, count) -> count == 1 ? null : count - 1);
        holding.load -= entry.counted;
        entry.counted = 0;
        if (holding.tasks.isEmpty()) {
            byRuntime.remove(Objects.requireNonNull(runtime));
        }
    }

    Collection<TaskEntry> of(String runtime) {
        Holding holding = byRuntime.get(runtime);
        return holding == null ? List.of() : holding.tasks;
    }

    int count(String runtime) {
        return of(runtime).size();
    }

    double load(String runtime) {
        Holding holding = byRuntime.get(runtime);
        return holding == null ? 0 : holding.load;
    }

    /** How many tasks of one connector it has. */
    int siblings(String runtime, String connector) {
        Holding holding = byRuntime.get(runtime);
        return holding == null ? 0 : holding.connectors.getOrDefault(connector, 0);
    }
}
