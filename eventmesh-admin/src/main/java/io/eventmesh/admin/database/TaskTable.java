package io.eventmesh.admin.database;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.StatementContext;
import org.jspecify.annotations.Nullable;

/** Tasks and who has them. Every method is a step of the caller's transaction. */
public final class TaskTable {
    /** Lines of history kept for each task. */
    private static final int EVENTS_KEPT = 200;

    private static final int MAX_MESSAGE = 4_000;

    private static final String SELECT = "SELECT t.id, t.ordinal, t.deleting, c.id AS connector_id, c.namespace,"
            + " c.name, c.kind, c.plugin, c.desired, t.config_rev, c.revision, a.runtime_id, a.incarnation,"
            + " a.last_runtime, a.term, a.epoch, a.state, a.since, a.moved_at,"
            + " COALESCE(c.plugin_version, '') AS plugin_version, COALESCE(c.placement, '{}') AS placement, c.drain_ms,"
            + " t.weight, t.desired AS own_desired, COALESCE(t.failure, '') AS failure, t.restart_epoch, t.move_epoch,"
            + " t.breaker_epoch, t.breaker_seq,"
            + " COALESCE(t.move_to, '') AS move_to, t.revision AS own_revision, c.config_rev AS newest_rev, c.good_rev,"
            + " COALESCE(r.status, 'GOOD') AS rev_status, COALESCE(r.problem, '') AS rev_problem"
            + " FROM task t JOIN connector c ON c.id = t.connector_id JOIN assignment a ON a.task_id = t.id"
            + " LEFT JOIN connector_revision r ON r.connector_id = c.id AND r.rev = c.config_rev";

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
                        + " moved_at = CASE WHEN last_runtime <> :runtime THEN :now ELSE moved_at END,"
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

    /**
     * What a person wants of one task; that ends a pause of the scheduler.
     *
     * @param desired null for what is wanted of its connector
     * @return whether there is such a task
     */
    public static boolean desire(Handle handle, String task, @Nullable Desired desired) {
        return handle.createUpdate("UPDATE task SET desired = :desired, failure = NULL, revision = revision + 1"
                                + " WHERE id = :task")
                        .bind("desired", desired == null ? null : desired.name())
                        .bind("task", task)
                        .execute()
                == 1;
    }

    /** The scheduler pauses a task that nobody stopped. Answers whether there is such a task. */
    public static boolean pause(Handle handle, String task, String failure, TaskRow.Breaker breaker) {
        return handle.createUpdate(
                                "UPDATE task SET desired = 'PAUSED', failure = :failure, breaker_epoch = :epoch,"
                                        + " breaker_seq = :seq, revision = revision + 1 WHERE id = :task AND (desired IS NULL OR desired <> 'STOPPED')")
                        .bind("failure", shortened(failure))
                        .bind("epoch", breaker.epoch())
                        .bind("seq", breaker.seq())
                        .bind("task", task)
                        .execute()
                == 1;
    }

    /** Its present right is to be given back once. Answers whether somebody has it. */
    public static boolean restart(Handle handle, String task) {
        return handle.createUpdate("UPDATE task SET restart_epoch ="
                                + " (SELECT epoch FROM assignment WHERE task_id = :task), revision = revision + 1"
                                + " WHERE id = :task AND EXISTS (SELECT 1 FROM assignment WHERE task_id = :task"
                                + " AND runtime_id IS NOT NULL)")
                        .bind("task", task)
                        .execute()
                == 1;
    }

    /**
     * The right of this epoch is to be given back once, to go to a runtime.
     *
     * @param runtime empty for any but the present one
     * @return whether somebody has the task at this epoch
     */
    public static boolean move(Handle handle, String task, long epoch, String runtime) {
        return handle.createUpdate("UPDATE task SET move_epoch = :epoch, move_to = :runtime,"
                                + " revision = revision + 1 WHERE id = :task AND EXISTS (SELECT 1 FROM assignment"
                                + " WHERE task_id = :task AND runtime_id IS NOT NULL AND epoch = :epoch)")
                        .bind("epoch", epoch)
                        .bind("runtime", runtime)
                        .bind("task", task)
                        .execute()
                == 1;
    }

    /** The task takes a revision of its connector's configuration. Answers whether there is such a task. */
    public static boolean roll(Handle handle, String task, long rev) {
        return handle.createUpdate("UPDATE task SET config_rev = :rev WHERE id = :task AND EXISTS"
                                + " (SELECT 1 FROM connector_revision r WHERE r.connector_id = task.connector_id"
                                + " AND r.rev = :rev)")
                        .bind("rev", rev)
                        .bind("task", task)
                        .execute()
                == 1;
    }

    /** How much work the task is, in processor milliseconds a second. */
    public static boolean weigh(Handle handle, String task, double weight) {
        return handle.createUpdate("UPDATE task SET weight = :weight WHERE id = :task")
                        .bind("weight", weight)
                        .bind("task", task)
                        .execute()
                == 1;
    }

    /** Adds a line to the task's history, of which the newest are kept. */
    public static void event(Handle handle, String task, TaskEvent event) {
        handle.createUpdate("INSERT INTO task_event (task_id, epoch, at, kind, message, stack)"
                        + " VALUES (:task, :epoch, :now, :kind, :message, :stack)")
                .bind("task", task)
                .bind("epoch", event.epoch())
                .bind("now", event.atMillis())
                .bind("kind", event.kind())
                .bind("message", shortened(event.message()))
                .bind("stack", event.stack().isEmpty() ? null : event.stack())
                .execute();
        handle.createUpdate("DELETE FROM task_event WHERE task_id = :task AND id <= (SELECT id FROM task_event"
                        + " WHERE task_id = :task ORDER BY id DESC OFFSET :kept ROWS FETCH NEXT 1 ROWS ONLY)")
                .bind("task", task)
                .bind("kept", EVENTS_KEPT)
                .execute();
    }

    private static String shortened(String text) {
        // PostgreSQL refuses a NUL in a text
        String clean = text.replace('\0', ' ');
        return clean.length() <= MAX_MESSAGE ? clean : clean.substring(0, MAX_MESSAGE - 1) + "…";
    }

    /** The newest lines before one of a task's history, newest first. */
    public static List<TaskEvent> events(Handle handle, String task, long before, int limit) {
        return handle.createQuery("SELECT id, epoch, at, kind, message, COALESCE(stack, '') AS stack FROM task_event"
                        + " WHERE task_id = :task AND id < :before ORDER BY id DESC LIMIT :limit")
                .bind("task", task)
                .bind("before", before)
                .bind("limit", limit)
                .map((row, context) -> new TaskEvent(
                        row.getLong("id"),
                        row.getLong("epoch"),
                        row.getLong("at"),
                        row.getString("kind"),
                        row.getString("message"),
                        row.getString("stack")))
                .list();
    }

    /**
     * A line of a task's history.
     *
     * @param id grows from line to line
     * @param kind what happened: an assignment or run state, or a class of failures
     * @param stack where it failed, or empty
     */
    public record TaskEvent(long id, long epoch, long atMillis, String kind, String message, String stack) {}

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
                        row.getLong("since")),
                new TaskRow.Needs(
                        row.getString("plugin_version"),
                        row.getString("placement"),
                        row.getDouble("weight"),
                        row.getLong("drain_ms")),
                wishes(row),
                new TaskRow.Revisions(
                        row.getLong("newest_rev"),
                        row.getLong("good_rev"),
                        RevisionRow.Status.valueOf(row.getString("rev_status")),
                        row.getString("rev_problem")));
    }

    private static TaskRow.Wishes wishes(ResultSet row) throws SQLException {
        @Nullable String own = row.getString("own_desired");
        return new TaskRow.Wishes(
                own == null ? null : Desired.valueOf(own),
                row.getString("failure"),
                row.getLong("restart_epoch"),
                row.getLong("move_epoch"),
                row.getString("move_to"),
                row.getLong("moved_at"),
                new TaskRow.Breaker(row.getLong("breaker_epoch"), row.getLong("breaker_seq")),
                row.getLong("own_revision"));
    }
}
