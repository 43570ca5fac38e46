package io.eventmesh.admin.rest;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.eventmesh.admin.database.Database;
import io.eventmesh.admin.database.DefinitionKind;
import io.eventmesh.admin.database.OperationTable;
import io.eventmesh.admin.database.RuntimeRow;
import io.eventmesh.admin.database.RuntimeTable;
import io.eventmesh.admin.definition.Json;
import io.eventmesh.admin.schedule.TaskView;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.time.Scheduler;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What changes, for whoever watches. While somebody does, it looks once a second and compares with what it saw last: so
 * every admin can say it, whoever leads, and a thing that changes often is told of once a second at most.
 *
 * <p>Thread-safe. Looks on the process's blocking threads; watchers are called on one of these, and must not block.
 */
final class Changes implements AutoCloseable {
    /** The kinds of resources that are watched. */
    static final List<String> KINDS =
            List.of("connectors", "buses", "credentials", "rules", "tasks", "runtimes", "operations");

    private static final Logger log = LoggerFactory.getLogger(Changes.class);
    private static final Duration EVERY = Duration.ofSeconds(1);
    private static final int REMEMBERED = 10_000;
    private static final int MAX_WATCHERS = 100;
    private static final int OPERATIONS = 500;

    /** One thing that changed. */
    record Line(long number, String kind, String json) {}

    /** Is told what changed, on any thread. */
    interface Watcher {
        void changed(List<Line> lines);

        /** What changes after this line is told: what was there before must be read now. */
        void reset(long line);
    }

    private final String origin;
    private final Database database;
    private final LiveTasks tasks;
    private final Scheduler scheduler;
    private final Executor blocking;

    private final Map<Watcher, Set<String>> watchers = new HashMap<>();
    /** Those that wait for the first look. */
    private final Set<Watcher> fresh = new HashSet<>();

    private final Deque<Line> remembered = new ArrayDeque<>();
    /** By kind and name, what was seen of it last. */
    private Map<String, Sight> seen = new HashMap<>();

    private boolean looked;
    private boolean looking;
    private boolean closed;
    private long number;

    private record Sight(String kind, String namespace, String name, String revision) {}

    /** @param origin tells this process's numbers from those of another */
    Changes(String origin, Database database, LiveTasks tasks, Scheduler scheduler, Executor blocking) {
        this.origin = origin;
        this.database = database;
        this.tasks = tasks;
        this.scheduler = scheduler;
        this.blocking = blocking;
    }

    /** How a line is named on the wire. */
    String id(long line) {
        return origin + "-" + line;
    }

    /**
     * Adds a watcher. It is told first what it missed since a line, or {@link Watcher#reset} when that is not known.
     *
     * @param last as {@link #id} named it, or empty
     * @throws EventMeshException QUOTA_EXCEEDED
     */
    void watch(Set<String> kinds, String last, Watcher watcher) {
        long at;
        @Nullable List<Line> missed;
        synchronized (this) {
            if (watchers.size() >= MAX_WATCHERS) {
                throw new EventMeshException(
                        ErrorCode.QUOTA_EXCEEDED,
                        "watchers: %d (expected: < %d)".formatted(watchers.size(), MAX_WATCHERS));
            }
            watchers.put(watcher, kinds);
            if (!looking) {
                looking = true;
                look();
            }
            if (!looked) {
                fresh.add(watcher);
                return;
            }
            at = number;
            long after = number(last);
            long oldest =
                    remembered.isEmpty() ? number + 1 : remembered.getFirst().number();
            missed = after < oldest - 1
                    ? null
                    : remembered.stream()
                            .filter(line -> line.number() > after && kinds.contains(line.kind()))
                            .toList();
        }
        if (missed == null) {
            watcher.reset(at);
        } else if (!missed.isEmpty()) {
            watcher.changed(missed);
        }
    }

    /** -1 for none of this process. */
    private long number(String last) {
        if (!last.startsWith(origin + "-")) {
            return -1;
        }
        try {
            return Long.parseLong(last.substring(origin.length() + 1));
        } catch (NumberFormatException foreign) {
            return -1;
        }
    }

    synchronized void leave(Watcher watcher) {
        watchers.remove(watcher);
        fresh.remove(watcher);
    }

    private void look() {
        try {
            blocking.execute(this::compare);
        } catch (RejectedExecutionException full) {
            again();
        }
    }

    private void again() {
        scheduler.schedule(EVERY, () -> {
            synchronized (this) {
                if (closed || watchers.isEmpty()) {
                    // what happens meanwhile is not seen
                    looking = false;
                    looked = false;
                    seen = new HashMap<>();
                    remembered.clear();
                    number++;
                    return;
                }
            }
            look();
        });
    }

    private void compare() {
        try {
            tell(read());
        } catch (EventMeshException unavailable) {
            log.debug("Changes are told later. error={}", unavailable.code());
        } finally {
            again();
        }
    }

    private void tell(Map<String, Sight> now) {
        Map<Watcher, Set<String>> told;
        List<Watcher> first;
        long at;
        List<Line> lines = new ArrayList<>();
        synchronized (this) {
            if (looked) {
                now.forEach((key, sight) -> {
                    Sight before = seen.get(key);
                    if (before == null) {
                        lines.add(line(sight, "ADDED"));
                    } else if (!before.equals(sight)) {
                        lines.add(line(sight, "CHANGED"));
                    }
                });
                seen.forEach((key, sight) -> {
                    if (!now.containsKey(key)) {
                        lines.add(line(sight, "REMOVED"));
                    }
                });
            }
            seen = now;
            looked = true;
            remembered.addAll(lines);
            while (remembered.size() > REMEMBERED) {
                remembered.removeFirst();
            }
            told = new HashMap<>(watchers);
            first = List.copyOf(fresh);
            fresh.clear();
            at = number;
        }
        first.forEach(watcher -> watcher.reset(at));
        first.forEach(told::remove);
        told.forEach((watcher, kinds) -> {
            List<Line> some =
                    lines.stream().filter(line -> kinds.contains(line.kind())).toList();
            if (!some.isEmpty()) {
                watcher.changed(some);
            }
        });
    }

    private Line line(Sight sight, String what) {
        ObjectNode json = Json.object()
                .put("kind", sight.kind())
                .put("namespace", sight.namespace())
                .put("name", sight.name())
                .put("what", what)
                .put("revision", sight.revision());
        return new Line(++number, sight.kind(), json.toString());
    }

    private Map<String, Sight> read() {
        Map<String, Sight> now = new HashMap<>();
        database.transaction(handle -> {
            handle.createQuery("SELECT 'CONNECTOR' AS kind, namespace, name, revision FROM connector"
                            + " UNION ALL SELECT kind, namespace, name, revision FROM definition")
                    .map((row, context) -> new Sight(
                            collection(row.getString("kind")),
                            row.getString("namespace"),
                            row.getString("name"),
                            Long.toString(row.getLong("revision"))))
                    .forEach(sight -> put(now, sight));
            for (RuntimeRow row : RuntimeTable.all(handle)) {
                String revision = row.marks().revision() + "." + row.incarnation() + "." + row.state();
                put(now, new Sight("runtimes", "default", row.id(), revision));
            }
            OperationTable.list(handle, "", "", Long.MAX_VALUE, "", OPERATIONS)
                    .forEach(row -> put(
                            now, new Sight("operations", row.namespace(), row.id(), Long.toString(row.revision()))));
            return true;
        });
        for (TaskView task : tasks.all()) {
            String revision = task.row().assignment().epoch() + "."
                    + task.row().assignment().state() + "." + TaskDocument.state(task) + "."
                    + task.row().wishes().revision() + "." + task.row().configRev();
            put(now, new Sight("tasks", task.row().namespace(), task.row().id(), revision));
        }
        return now;
    }

    private static String collection(String kind) {
        return kind.equals("CONNECTOR")
                ? "connectors"
                : DefinitionKind.valueOf(kind).collection();
    }

    private static void put(Map<String, Sight> now, Sight sight) {
        now.put(sight.kind() + " " + sight.namespace() + " " + sight.name(), sight);
    }

    @Override
    public synchronized void close() {
        closed = true;
        watchers.clear();
    }
}
