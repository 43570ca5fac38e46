package io.eventmesh.admin.database;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.StatementContext;

/** Connectors and the tasks they are made of. Every method is a step of the caller's transaction. */
public final class ConnectorTable {
    private static final String SELECT = "SELECT id, namespace, name, labels, kind, plugin,"
            + " COALESCE(plugin_version, '') AS plugin_version, topic, config, config_rev, good_rev, desired, tasks_max,"
            + " COALESCE(placement, '{}') AS placement, handling, drain_ms, COALESCE(invalid, '') AS invalid, deleting, revision, created_at, updated_at FROM connector";

    private ConnectorTable() {}

    /** The connectors of a namespace after a name, in the order of their names. */
    public static List<ConnectorRow> list(Handle handle, String namespace, String after, int limit) {
        return handle.createQuery(SELECT + " WHERE namespace = :namespace AND name > :after ORDER BY name LIMIT :limit")
                .bind("namespace", namespace)
                .bind("after", after)
                .bind("limit", limit)
                .map(ConnectorTable::row)
                .list();
    }

    public static Optional<ConnectorRow> find(Handle handle, String namespace, String name) {
        return handle.createQuery(SELECT + " WHERE namespace = :namespace AND name = :name")
                .bind("namespace", namespace)
                .bind("name", name)
                .map(ConnectorTable::row)
                .findOne();
    }

    /** The connector that a task is part of. */
    public static Optional<ConnectorRow> ofTask(Handle handle, String task) {
        return handle.createQuery(SELECT + " WHERE id = (SELECT connector_id FROM task WHERE id = :task)")
                .bind("task", task)
                .map(ConnectorTable::row)
                .findOne();
    }

    static Optional<ConnectorRow> byId(Handle handle, String id) {
        return handle.createQuery(SELECT + " WHERE id = :id")
                .bind("id", id)
                .map(ConnectorTable::row)
                .findOne();
    }

    /** Stores a new connector and its first revision. */
    public static void insert(Handle handle, ConnectorRow row) {
        handle.createUpdate("INSERT INTO connector (id, namespace, name, labels, kind, plugin, plugin_version, topic,"
                        + " config, config_rev, good_rev, desired, tasks_max, placement, handling, drain_ms, invalid, deleting, revision, created_at,"
                        + " updated_at) VALUES (:id, :namespace, :name, :labels, :kind, :plugin, :version, :topic,"
                        + " :config, :configRev, 0, :desired, :tasksMax, :placement, :handling, :drain, :invalid,"
                        + " :deleting, :revision, :createdMillis, :updatedMillis)")
                .bind("namespace", row.namespace())
                .bind("name", row.name())
                .bind("kind", row.kind())
                .bind("plugin", row.plugin())
                .bind("createdMillis", row.createdMillis())
                .bindMap(changeable(row))
                .execute();
        RevisionTable.insert(handle, row);
    }

    /**
     * Stores what may change: labels, plugin version, topic, config, revisions, desired state, number of tasks,
     * placement, handling, time to drain, deletion. A new {@code configRev} is kept as a revision.
     */
    public static void update(Handle handle, ConnectorRow row) {
        handle.createUpdate("UPDATE connector SET labels = :labels, plugin_version = :version, topic = :topic,"
                        + " config = :config, config_rev = :configRev, desired = :desired, tasks_max = :tasksMax,"
                        + " placement = :placement, handling = :handling, drain_ms = :drain, invalid = :invalid,"
                        + " deleting = :deleting, revision = :revision, updated_at = :updatedMillis WHERE id = :id")
                .bindMap(changeable(row))
                .execute();
        if (RevisionTable.find(handle, row.id(), row.configRev()).isEmpty()) {
            RevisionTable.insert(handle, row);
        }
    }

    private static Map<String, Object> changeable(ConnectorRow row) {
        return Map.ofEntries(
                Map.entry("id", row.id()),
                Map.entry("labels", row.labels()),
                Map.entry("version", row.pluginVersion()),
                Map.entry("topic", row.topic()),
                Map.entry("config", row.config()),
                Map.entry("configRev", row.configRev()),
                Map.entry("desired", row.desired().name()),
                Map.entry("tasksMax", row.tasksMax()),
                Map.entry("placement", row.placement()),
                Map.entry("handling", row.handling()),
                Map.entry("drain", row.drainMillis()),
                Map.entry("invalid", row.invalid()),
                Map.entry("deleting", row.deleting()),
                Map.entry("revision", row.revision()),
                Map.entry("updatedMillis", row.updatedMillis()));
    }

    /**
     * Makes the connector's tasks what they should be: as many as it may have, or none when it is being deleted. Tasks
     * too many are marked and end when nobody has them. When a task ran before and tasks shall run, those that are there
     * take the newest revision one after another, as the scheduler tells them to.
     */
    public static void fitTasks(Handle handle, ConnectorRow connector, long nowMillis) {
        if (connector.deleting()) {
            fit(handle, connector, 0, connector.configRev(), nowMillis);
            return;
        }
        Optional<RevisionRow> returned = RevisionTable.find(handle, connector.id(), connector.configRev())
                .filter(newest -> newest.status() == RevisionRow.Status.RETURNED)
                .flatMap(newest -> RevisionTable.find(handle, connector.id(), connector.goodRev()));
        if (returned.isPresent()) {
            fit(handle, connector, returned.get().tasksMax(), returned.get().rev(), nowMillis);
            return;
        }
        if (connector.goodRev() == 0 || connector.desired() == Desired.STOPPED) {
            handle.createUpdate("UPDATE task SET config_rev = :rev WHERE connector_id = :id")
                    .bind("rev", connector.configRev())
                    .bind("id", connector.id())
                    .execute();
        }
        fit(handle, connector, connector.tasksMax(), connector.configRev(), nowMillis);
    }

    /** Marks the tasks above a number and makes those that are missing below it, at a revision. */
    static void fit(Handle handle, ConnectorRow connector, int wanted, long rev, long nowMillis) {
        handle.createUpdate("UPDATE task SET deleting = (ordinal >= :wanted) WHERE connector_id = :id")
                .bind("wanted", wanted)
                .bind("id", connector.id())
                .execute();
        List<Integer> present = handle.createQuery("SELECT ordinal FROM task WHERE connector_id = :id")
                .bind("id", connector.id())
                .mapTo(Integer.class)
                .list();
        for (int ordinal = 0; ordinal < wanted; ordinal++) {
            if (!present.contains(ordinal)) {
                insertTask(handle, connector, ordinal, rev, nowMillis);
            }
        }
    }

    private static void insertTask(Handle handle, ConnectorRow connector, int ordinal, long rev, long nowMillis) {
        String id = UUID.randomUUID().toString();
        handle.createUpdate("INSERT INTO task (id, connector_id, ordinal, config_rev, weight, deleting)"
                        + " VALUES (:id, :connector, :ordinal, :rev, 1, FALSE)")
                .bind("id", id)
                .bind("connector", connector.id())
                .bind("ordinal", ordinal)
                .bind("rev", rev)
                .execute();
        // a task that takes over positions goes on above the epoch under which they were stored
        handle.createUpdate("INSERT INTO assignment (task_id, term, epoch, state, lease_until, since)"
                        + " VALUES (:id, 0, (SELECT COALESCE(MAX(epoch), 0) FROM position WHERE task_scope = :scope),"
                        + " 'UNASSIGNED', 0, :now)")
                .bind("id", id)
                .bind("scope", PositionTable.scope(connector.id(), ordinal))
                .bind("now", nowMillis)
                .execute();
    }

    /** Removes a task that nobody has, and its connector when that is being deleted and this was the last one. */
    static void removeTask(Handle handle, String task) {
        Optional<ConnectorRow> connector = ofTask(handle, task);
        handle.createUpdate("DELETE FROM assignment WHERE task_id = :task")
                .bind("task", task)
                .execute();
        handle.createUpdate("DELETE FROM task_event WHERE task_id = :task")
                .bind("task", task)
                .execute();
        handle.createUpdate("DELETE FROM task WHERE id = :task")
                .bind("task", task)
                .execute();
        connector.filter(ConnectorRow::deleting).ifPresent(row -> removeIfEmpty(handle, row));
    }

    private static void removeIfEmpty(Handle handle, ConnectorRow connector) {
        int left = handle.createQuery("SELECT COUNT(*) FROM task WHERE connector_id = :id")
                .bind("id", connector.id())
                .mapTo(Integer.class)
                .one();
        if (left == 0) {
            handle.createUpdate("DELETE FROM position WHERE task_scope LIKE :scope")
                    .bind("scope", connector.id() + "/%")
                    .execute();
            handle.createUpdate("DELETE FROM connector_revision WHERE connector_id = :id")
                    .bind("id", connector.id())
                    .execute();
            handle.createUpdate("DELETE FROM connector WHERE id = :id")
                    .bind("id", connector.id())
                    .execute();
        }
    }

    private static ConnectorRow row(ResultSet row, StatementContext context) throws SQLException {
        return new ConnectorRow(
                row.getString("id"),
                row.getString("namespace"),
                row.getString("name"),
                row.getString("labels"),
                row.getString("kind"),
                row.getString("plugin"),
                row.getString("plugin_version"),
                row.getString("topic"),
                row.getString("config"),
                row.getLong("config_rev"),
                row.getLong("good_rev"),
                Desired.valueOf(row.getString("desired")),
                row.getInt("tasks_max"),
                row.getString("placement"),
                row.getString("handling"),
                row.getLong("drain_ms"),
                row.getString("invalid"),
                row.getBoolean("deleting"),
                row.getLong("revision"),
                row.getLong("created_at"),
                row.getLong("updated_at"));
    }
}
