package io.eventmesh.admin.database;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.StatementContext;

/** Operations. Every method is a step of the caller's transaction. */
public final class OperationTable {
    private static final String COLUMNS =
            "id, kind, state, namespace, resource, request, cursor_at, done, total, failed,"
                    + " skipped, result, error, cancelled, created_by, created_at, updated_at, revision";

    private OperationTable() {}

    public static void insert(Handle handle, OperationRow row) {
        handle.createUpdate("INSERT INTO operation (" + COLUMNS + ") VALUES (:id, :kind, :state, :namespace, :resource,"
                        + " :request, :cursor, :done, :total, :failed, :skipped, :result, :error, :cancelled,"
                        + " :createdBy, :created, :updated, :revision)")
                .bind("id", row.id())
                .bind("kind", row.kind())
                .bind("state", row.state().name())
                .bind("namespace", row.namespace())
                .bind("resource", row.resource())
                .bind("request", row.request())
                .bind("cursor", row.cursor())
                .bind("done", row.done())
                .bind("total", row.total())
                .bind("failed", row.failed())
                .bind("skipped", row.skipped())
                .bind("result", row.result())
                .bind("error", row.error())
                .bind("cancelled", row.cancelled())
                .bind("createdBy", row.createdBy())
                .bind("created", row.createdMillis())
                .bind("updated", row.updatedMillis())
                .bind("revision", row.revision())
                .execute();
    }

    public static Optional<OperationRow> find(Handle handle, String id) {
        return handle.createQuery("SELECT " + COLUMNS + " FROM operation WHERE id = :id")
                .bind("id", id)
                .map(OperationTable::row)
                .findOne();
    }

    /** Those that have not ended, oldest first. */
    public static List<OperationRow> open(Handle handle) {
        return handle.createQuery("SELECT " + COLUMNS
                        + " FROM operation WHERE state IN ('PENDING', 'RUNNING') ORDER BY created_at, id")
                .map(OperationTable::row)
                .list();
    }

    /**
     * The newest first, below a time and id; an empty kind or state stands for all.
     *
     * @param beforeId breaks the tie between those of the same time
     */
    public static List<OperationRow> list(
            Handle handle, String kind, String state, long beforeMillis, String beforeId, int limit) {
        return handle.createQuery("SELECT " + COLUMNS + " FROM operation WHERE (:kind = '' OR kind = :kind)"
                        + " AND (:state = '' OR state = :state)"
                        + " AND (created_at < :before OR (created_at = :before AND id < :beforeId))"
                        + " ORDER BY created_at DESC, id DESC LIMIT :limit")
                .bind("kind", kind)
                .bind("state", state)
                .bind("before", beforeMillis)
                .bind("beforeId", beforeId)
                .bind("limit", limit)
                .map(OperationTable::row)
                .list();
    }

    /** Stores how far it came, unless it has ended. What somebody said of cancelling it stays. */
    public static void progress(Handle handle, OperationRow row) {
        handle.createUpdate("UPDATE operation SET state = :state, cursor_at = :cursor, done = :done, total = :total,"
                        + " failed = :failed, skipped = :skipped, result = :result, error = :error,"
                        + " updated_at = :updated, revision = revision + 1"
                        + " WHERE id = :id AND state IN ('PENDING', 'RUNNING')")
                .bind("id", row.id())
                .bind("state", row.state().name())
                .bind("cursor", row.cursor())
                .bind("done", row.done())
                .bind("total", row.total())
                .bind("failed", row.failed())
                .bind("skipped", row.skipped())
                .bind("result", row.result())
                .bind("error", row.error())
                .bind("updated", row.updatedMillis())
                .execute();
    }

    /** Asks it to end; whether it had not ended before. */
    public static boolean cancel(Handle handle, String id, long nowMillis) {
        return handle.createUpdate("UPDATE operation SET cancelled = TRUE, updated_at = :now, revision = revision + 1"
                                + " WHERE id = :id AND state IN ('PENDING', 'RUNNING')")
                        .bind("id", id)
                        .bind("now", nowMillis)
                        .execute()
                == 1;
    }

    /** Forgets those that ended before a time. */
    public static void prune(Handle handle, long beforeMillis) {
        handle.createUpdate("DELETE FROM operation WHERE updated_at < :before"
                        + " AND state IN ('SUCCEEDED', 'FAILED', 'CANCELLED')")
                .bind("before", beforeMillis)
                .execute();
    }

    private static OperationRow row(ResultSet row, StatementContext context) throws SQLException {
        long total = row.getLong("total");
        boolean known = !row.wasNull();
        return new OperationRow(
                row.getString("id"),
                row.getString("kind"),
                OperationRow.State.valueOf(row.getString("state")),
                row.getString("namespace"),
                row.getString("resource"),
                row.getString("request"),
                row.getString("cursor_at"),
                row.getLong("done"),
                known ? total : null,
                row.getLong("failed"),
                row.getLong("skipped"),
                row.getString("result"),
                row.getString("error"),
                row.getBoolean("cancelled"),
                row.getString("created_by"),
                row.getLong("created_at"),
                row.getLong("updated_at"),
                row.getLong("revision"));
    }
}
