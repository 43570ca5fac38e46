package io.eventmesh.admin.database;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.StatementContext;

/** The revisions of connectors that may still be run. Every method is a step of the caller's transaction. */
public final class RevisionTable {
    private static final int KEPT = 20;
    private static final String SELECT = "SELECT connector_id, rev, topic, config, tasks_max,"
            + " COALESCE(plugin_version, '') AS plugin_version, handling, status, COALESCE(problem, '') AS problem, created_at"
            + " FROM connector_revision WHERE connector_id = :id";

    private RevisionTable() {}

    /** Keeps what the connector is now as its newest revision, and of the older ones the newest and the good one. */
    static void insert(Handle handle, ConnectorRow row) {
        handle.createUpdate("INSERT INTO connector_revision (connector_id, rev, topic, config, tasks_max,"
                        + " plugin_version, handling, status, created_at) VALUES (:id, :rev, :topic, :config, :tasks,"
                        + " :version, :handling, 'ROLLING', :now)")
                .bind("id", row.id())
                .bind("rev", row.configRev())
                .bind("topic", row.topic())
                .bind("config", row.config())
                .bind("tasks", row.tasksMax())
                .bind("version", row.pluginVersion())
                .bind("handling", row.handling())
                .bind("now", row.updatedMillis())
                .execute();
        handle.createUpdate("DELETE FROM connector_revision WHERE connector_id = :id AND rev <= :old AND rev <> :good"
                        + " AND rev NOT IN (SELECT config_rev FROM task WHERE connector_id = :id)")
                .bind("id", row.id())
                .bind("old", row.configRev() - KEPT)
                .bind("good", row.goodRev())
                .execute();
    }

    public static Optional<RevisionRow> find(Handle handle, String connector, long rev) {
        return handle.createQuery(SELECT + " AND rev = :rev")
                .bind("id", connector)
                .bind("rev", rev)
                .map(RevisionTable::row)
                .findOne();
    }

    /** The revisions that are kept, newest first. */
    public static List<RevisionRow> list(Handle handle, String connector) {
        return handle.createQuery(SELECT + " ORDER BY rev DESC")
                .bind("id", connector)
                .map(RevisionTable::row)
                .list();
    }

    /**
     * A task ran under the newest revision.
     *
     * @return whether that revision still is the newest
     */
    public static boolean good(Handle handle, String connector, long rev) {
        int rows = handle.createUpdate("UPDATE connector SET good_rev = :rev WHERE id = :id AND config_rev = :rev")
                .bind("id", connector)
                .bind("rev", rev)
                .execute();
        if (rows == 1) {
            status(handle, connector, rev, RevisionRow.Status.GOOD, "");
        }
        return rows == 1;
    }

    /**
     * Gives the connector's tasks the good revision again, as many as that had; what people wrote stays.
     *
     * @return whether the failed revision still is the newest and there is a good one
     */
    public static boolean giveBack(Handle handle, String connector, long failed, String problem, long nowMillis) {
        Optional<ConnectorRow> row = ConnectorTable.byId(handle, connector)
                .filter(there -> there.configRev() == failed && !there.deleting());
        Optional<RevisionRow> good = row.flatMap(there -> find(handle, connector, there.goodRev()));
        if (good.isEmpty()) {
            return false;
        }
        status(handle, connector, failed, RevisionRow.Status.RETURNED, problem);
        handle.createUpdate("UPDATE task SET config_rev = :rev WHERE connector_id = :id")
                .bind("rev", good.get().rev())
                .bind("id", connector)
                .execute();
        ConnectorTable.fit(handle, row.get(), good.get().tasksMax(), good.get().rev(), nowMillis);
        return true;
    }

    private static void status(Handle handle, String connector, long rev, RevisionRow.Status status, String problem) {
        handle.createUpdate("UPDATE connector_revision SET status = :status, problem = :problem"
                        + " WHERE connector_id = :id AND rev = :rev")
                .bind("status", status.name())
                .bind("problem", problem)
                .bind("id", connector)
                .bind("rev", rev)
                .execute();
    }

    private static RevisionRow row(ResultSet row, StatementContext context) throws SQLException {
        return new RevisionRow(
                row.getString("connector_id"),
                row.getLong("rev"),
                row.getString("topic"),
                row.getString("config"),
                row.getInt("tasks_max"),
                row.getString("plugin_version"),
                row.getString("handling"),
                RevisionRow.Status.valueOf(row.getString("status")),
                row.getString("problem"),
                row.getLong("created_at"));
    }
}
