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
    private static final String COLUMNS =
            "id, namespace, name, labels, kind, plugin, topic, config, config_rev, desired, tasks_max, deleting,"
                    + " revision, created_at, updated_at";

    private ConnectorTable() {}

    /** The connectors of a namespace after a name, in the order of their names. */
    public static List<ConnectorRow> list(Handle handle, String namespace, String after, int limit) {
        return handle.createQuery("SELECT " + COLUMNS + " FROM connector WHERE namespace = :namespace AND name > :after"
                        + " ORDER BY name LIMIT :limit")
                .bind("namespace", namespace)
                .bind("after", after)
                .bind("limit", limit)
                .map(ConnectorTable::row)
                .list();
    }

    public static Optional<ConnectorRow> find(Handle handle, String namespace, String name) {
        return handle.createQuery("SELECT " + COLUMNS + " FROM connector WHERE namespace = :namespace AND name = :name")
                .bind("namespace", namespace)
                .bind("name", name)
                .map(ConnectorTable::row)
                .findOne();
    }

    /** The connector that a task is part of. */
    public static Optional<ConnectorRow> ofTask(Handle handle, String task) {
        return handle.createQuery("SELECT " + COLUMNS
                        + " FROM connector WHERE id = (SELECT connector_id FROM task WHERE id = :task)")
                .bind("task", task)
                .map(ConnectorTable::row)
                .findOne();
    }

    public static void insert(Handle handle, ConnectorRow row) {
        handle.createUpdate("INSERT INTO connector (" + COLUMNS + ") VALUES (:id, :namespace, :name, :labels, :kind,"
                        + " :plugin, :topic, :config, :configRev, :desired, :tasksMax, :deleting, :revision,"
                        + " :createdMillis, :updatedMillis)")
                .bind("namespace", row.namespace())
                .bind("name", row.name())
                .bind("kind", row.kind())
                .bind("plugin", row.plugin())
                .bind("createdMillis", row.createdMillis())
                .bindMap(changeable(row))
                .execute();
    }

    /** Stores what may change: labels, topic, config, revisions, desired state, number of tasks, deletion. */
    public static void update(Handle handle, ConnectorRow row) {
        handle.createUpdate("UPDATE connector SET labels = :labels, topic = :topic, config = :config,"
                        + " config_rev = :configRev, desired = :desired, tasks_max = :tasksMax, deleting = :deleting,"
                        + " revision = :revision, updated_at = :updatedMillis WHERE id = :id")
                .bindMap(changeable(row))
                .execute();
    }

    private static Map<String, Object> changeable(ConnectorRow row) {
        return Map.of(
                "id", row.id(),
                "labels", row.labels(),
                "topic", row.topic(),
                "config", row.config(),
                "configRev", row.configRev(),
                "desired", row.desired().name(),
                "tasksMax", row.tasksMax(),
                "deleting", row.deleting(),
                "revision", row.revision(),
                "updatedMillis", row.updatedMillis());
    }

    /**
     * Makes the connector's tasks what they should be: as many as it may have, or none when it is being deleted. Tasks
     * too many are marked and end when nobody has them.
     */
    public static void fitTasks(Handle handle, ConnectorRow connector, long nowMillis) {
        int wanted = connector.deleting() ? 0 : connector.tasksMax();
        handle.createUpdate(
                        "UPDATE task SET config_rev = :rev, deleting = (ordinal >= :wanted) WHERE connector_id = :id")
                .bind("rev", connector.configRev())
                .bind("wanted", wanted)
                .bind("id", connector.id())
                .execute();
        List<Integer> present = handle.createQuery("SELECT ordinal FROM task WHERE connector_id = :id")
                .bind("id", connector.id())
                .mapTo(Integer.class)
                .list();
        for (int ordinal = 0; ordinal < wanted; ordinal++) {
            if (!present.contains(ordinal)) {
                insertTask(handle, connector, ordinal, nowMillis);
            }
        }
    }

    private static void insertTask(Handle handle, ConnectorRow connector, int ordinal, long nowMillis) {
        String id = UUID.randomUUID().toString();
        handle.createUpdate("INSERT INTO task (id, connector_id, ordinal, config_rev, weight, deleting)"
                        + " VALUES (:id, :connector, :ordinal, :rev, 1, FALSE)")
                .bind("id", id)
                .bind("connector", connector.id())
                .bind("ordinal", ordinal)
                .bind("rev", connector.configRev())
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
                row.getString("topic"),
                row.getString("config"),
                row.getLong("config_rev"),
                Desired.valueOf(row.getString("desired")),
                row.getInt("tasks_max"),
                row.getBoolean("deleting"),
                row.getLong("revision"),
                row.getLong("created_at"),
                row.getLong("updated_at"));
    }
}
