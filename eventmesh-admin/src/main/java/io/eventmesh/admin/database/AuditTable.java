package io.eventmesh.admin.database;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.StatementContext;
import org.jspecify.annotations.Nullable;

/** Records of writes. Every method is a step of the caller's transaction. */
public final class AuditTable {
    private static final int MAX_MESSAGE = 1000;

    private AuditTable() {}

    /** Adds a record and answers its id. */
    public static long insert(Handle handle, AuditRow row) {
        return handle.createUpdate("INSERT INTO audit (at, actor, actor_kind, address, request_id, via, operation_id,"
                        + " namespace, resource, outcome, code, before_rev, after_rev, before_hash, after_hash, message)"
                        + " VALUES (:at, :actor, :kind, :address, :request, :via, :operation, :namespace, :resource,"
                        + " :outcome, :code, :before, :after, :beforeHash, :afterHash, :message)")
                .bind("at", row.atMillis())
                .bind("actor", shortened(row.actor(), 255))
                .bind("kind", row.actorKind())
                .bind("address", shortened(row.address(), 64))
                .bind("request", shortened(row.requestId(), 40))
                .bind("via", row.via())
                .bind("operation", row.operation())
                .bind("namespace", row.namespace())
                .bind("resource", shortened(row.resource(), 500))
                .bind("outcome", row.outcome().name())
                .bind("code", row.code())
                .bind("before", row.beforeRevision())
                .bind("after", row.afterRevision())
                .bind("beforeHash", row.beforeHash())
                .bind("afterHash", row.afterHash())
                .bind("message", shortened(row.message(), MAX_MESSAGE))
                .executeAndReturnGeneratedKeys("id")
                .mapTo(Long.class)
                .one();
    }

    /** Says how what had begun ended. */
    public static void end(Handle handle, long id, AuditRow.Outcome outcome, @Nullable Integer code, String message) {
        handle.createUpdate("UPDATE audit SET outcome = :outcome, code = :code, message = :message WHERE id = :id")
                .bind("id", id)
                .bind("outcome", outcome.name())
                .bind("code", code)
                .bind("message", shortened(message, MAX_MESSAGE))
                .execute();
    }

    /**
     * The newest first; an empty actor or resource stands for all.
     *
     * @param before records with a smaller id only
     * @param fromMillis nothing older
     */
    public static List<AuditRow> list(
            Handle handle, long before, long fromMillis, String actor, String resource, int limit) {
        return handle.createQuery("SELECT * FROM audit WHERE id < :before AND at >= :from"
                        + " AND (:actor = '' OR actor = :actor) AND (:resource = '' OR resource = :resource)"
                        + " ORDER BY id DESC LIMIT :limit")
                .bind("before", before)
                .bind("from", fromMillis)
                .bind("actor", actor)
                .bind("resource", resource)
                .bind("limit", limit)
                .map(AuditTable::row)
                .list();
    }

    /** Forgets what is older than a time, and all but the newest. */
    public static void prune(Handle handle, long beforeMillis, long kept) {
        handle.createUpdate("DELETE FROM audit WHERE at < :before OR id < (SELECT MAX(id) FROM audit) - :kept")
                .bind("before", beforeMillis)
                .bind("kept", kept)
                .execute();
    }

    private static String shortened(String text, int most) {
        // PostgreSQL refuses a NUL in a text
        String clean = text.replace('\0', ' ');
        return clean.length() <= most ? clean : clean.substring(0, most - 1) + "…";
    }

    private static AuditRow row(ResultSet row, StatementContext context) throws SQLException {
        return new AuditRow(
                row.getLong("id"),
                row.getLong("at"),
                row.getString("actor"),
                row.getString("actor_kind"),
                row.getString("address"),
                row.getString("request_id"),
                row.getString("via"),
                row.getString("operation_id"),
                row.getString("namespace"),
                row.getString("resource"),
                AuditRow.Outcome.valueOf(row.getString("outcome")),
                (Integer) row.getObject("code"),
                (Long) row.getObject("before_rev"),
                (Long) row.getObject("after_rev"),
                row.getString("before_hash"),
                row.getString("after_hash"),
                row.getString("message"));
    }
}
