package io.eventmesh.admin.database;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.StatementContext;

/** Tasks and who has them. Every method is a step of the caller's transaction. */
public final class TaskTable {
    /** Events kept for all tasks together, roughly. */
    private static final int EVENTS_KEPT = 10_000;

    private static final String SELECT = "SELECT t.id, t.ordinal, t.deleting, c.id AS connector_id, c.namespace,"
            + " c.name, c.kind, c.plugin, c.desired, t.config_rev, c.revision, a.runtime_id, a.incarnation,"
            + " a.last_runtime, a.term, a.epoch, a.state, a.since"
            + " FROM task t JOIN connector c ON c.id = t.connector_id JOIN assignment a ON a.task_id = t.id";

    private TaskTable() {}

    /** Every task, in the order of connector and ordinal. */
    public static List<TaskRow> all(Handle handle) {
        return handle.createQuery(SELECT + " ORDER BY c.namespace, c.name, t.ordinal")
                .map(TaskTable::row)
                .list();
    }

    public static Optional<TaskRow> find(Handle handle, String id) {
        return handle.createQuery(SELECT + " WHERE t.id = :id")
                .bind("id", id)
                .map(TaskTable::row)
                .findOne();
    }

    /**
     * Gives a task that nobody has to a runtime, raising its epoch.
     *
     * @param epoch the one that was decided on
     * @return whether it was still free at that epoch
     */
    public static boolean assign(
            Handle handle,
            String task,
            long epoch,
            String runtime,
            String incarnation,
            long term,
            long leaseUntil,
            long now) {
        int rows = handle.createUpdate("UPDATE assignment SET runtime_id = :runtime, incarnation = :incarnation,"
                        + " last_runtime = :runtime, term = :term, epoch = epoch + 1, state = 'ASSIGNED',"
                        + " lease_until = :lease, since = :now WHERE task_id = :task AND epoch = :epoch"
                        + " AND state IN ('UNASSIGNED', 'RELEASED', 'LOST')")
                .bind("runtime", runtime)
                .bind("incarnation", incarnation)
                .bind("term", term)
                .bind("lease", leaseUntil)
                .bind("now", now)
                .bind("task", task)
                .bind("epoch", epoch)
                .execute();
        return rows == 1;
    }

    /** Moves an owned task to another state; a state without an owner takes it from its runtime. */
    public static boolean settle(Handle handle, String task, long epoch, AssignmentState state, long now) {
        String owner = state.isOwned() ? "" : " runtime_id = NULL, incarnation = NULL,";
        int rows = handle.createUpdate("UPDATE assignment SET" + owner + " state = :state, since = :now"
                        + " WHERE task_id = :task AND epoch = :epoch AND state IN ('ASSIGNED', 'RUNNING', 'REVOKING')")
                .bind("state", state.name())
                .bind("now", now)
                .bind("task", task)
                .bind("epoch", epoch)
                .execute();
        return rows == 1;
    }

    /** Removes a task that is to end and that nobody has. */
    public static boolean remove(Handle handle, String task, long epoch) {
        int free = handle.createQuery("SELECT COUNT(*) FROM assignment a JOIN task t ON t.id = a.task_id"
                        + " WHERE a.task_id = :task AND a.epoch = :epoch AND a.runtime_id IS NULL AND t.deleting")
                .bind("task", task)
                .bind("epoch", epoch)
                .mapTo(Integer.class)
                .one();
        if (free == 1) {
            ConnectorTable.removeTask(handle, task);
        }
        return free == 1;
    }

    /** Adds a line to the task's history. */
    public static void event(Handle handle, String task, long epoch, long now, String kind, String message) {
        handle.createUpdate("INSERT INTO task_event (task_id, epoch, at, kind, message)"
                        + " VALUES (:task, :epoch, :now, :kind, :message)")
                .bind("task", task)
                .bind("epoch", epoch)
                .bind("now", now)
                .bind("kind", kind)
                .bind("message", message)
                .execute();
        handle.createUpdate("DELETE FROM task_event WHERE id < (SELECT MAX(id) FROM task_event) - :kept")
                .bind("kept", EVENTS_KEPT)
                .execute();
    }

    /** The newest lines of a task's history, newest first. */
    public static List<TaskEvent> events(Handle handle, String task, int limit) {
        return handle.createQuery("SELECT epoch, at, kind, message FROM task_event WHERE task_id = :task"
                        + " ORDER BY id DESC LIMIT :limit")
                .bind("task", task)
                .bind("limit", limit)
                .map((row, context) -> new TaskEvent(
                        row.getLong("epoch"), row.getLong("at"), row.getString("kind"), row.getString("message")))
                .list();
    }

    /** A line of a task's history. */
    public record TaskEvent(long epoch, long atMillis, String kind, String message) {}

    private static TaskRow row(ResultSet row, StatementContext context) throws SQLException {
        return new TaskRow(
                row.getString("id"),
                row.getInt("ordinal"),
                row.getBoolean("deleting"),
                row.getString("connector_id"),
                row.getString("namespace"),
                row.getString("name"),
                row.getString("kind"),
                row.getString("plugin"),
                Desired.valueOf(row.getString("desired")),
                row.getLong("config_rev"),
                row.getLong("revision"),
                new Assignment(
                        row.getString("runtime_id"),
                        row.getString("incarnation"),
                        row.getString("last_runtime"),
                        row.getLong("term"),
                        row.getLong("epoch"),
                        AssignmentState.valueOf(row.getString("state")),
                        row.getLong("since")));
    }
}
