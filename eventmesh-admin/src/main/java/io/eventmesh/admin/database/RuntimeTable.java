package io.eventmesh.admin.database;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.StatementContext;

/** Runtimes as the leader saw them last. Every method is a step of the caller's transaction. */
public final class RuntimeTable {
    private static final String SELECT = "SELECT id, incarnation, addr, roles, plugins, labels, slots, state,"
            + " last_seen, cordoned, drain_wanted, drain_ms, revision FROM runtime";

    private RuntimeTable() {}

    public static List<RuntimeRow> all(Handle handle) {
        return handle.createQuery(SELECT + " ORDER BY id")
                .map(RuntimeTable::row)
                .list();
    }

    public static Optional<RuntimeRow> find(Handle handle, String id) {
        return handle.createQuery(SELECT + " WHERE id = :id")
                .bind("id", id)
                .map(RuntimeTable::row)
                .findOne();
    }

    /** Stores a runtime, new or known; what operators want of it stays. */
    public static void store(Handle handle, RuntimeRow row) {
        Map<String, Object> values = Map.of(
                "id", row.id(),
                "incarnation", row.incarnation(),
                "addr", row.address(),
                "roles", row.roles(),
                "plugins", row.plugins(),
                "labels", row.labels(),
                "slots", row.slots(),
                "state", row.state(),
                "seen", row.lastSeenMillis());
        int rows = handle.createUpdate("UPDATE runtime SET incarnation = :incarnation, addr = :addr, roles = :roles,"
                        + " plugins = :plugins, labels = :labels, slots = :slots, state = :state, last_seen = :seen"
                        + " WHERE id = :id")
                .bindMap(values)
                .execute();
        if (rows == 0) {
            handle.createUpdate("INSERT INTO runtime (id, incarnation, addr, roles, plugins, labels, slots, state,"
                            + " last_seen) VALUES (:id, :incarnation, :addr, :roles, :plugins, :labels, :slots, :state,"
                            + " :seen)")
                    .bindMap(values)
                    .execute();
        }
    }

    /** What operators want of a runtime; its revision is raised. Answers whether there is such a runtime. */
    public static boolean mark(Handle handle, String id, RuntimeRow.Marks marks) {
        return handle.createUpdate("UPDATE runtime SET cordoned = :cordoned, drain_wanted = :drained,"
                                + " drain_ms = :drain, revision = revision + 1 WHERE id = :id")
                        .bind("cordoned", marks.cordoned())
                        .bind("drained", marks.drained())
                        .bind("drain", marks.drainMillis())
                        .bind("id", id)
                        .execute()
                == 1;
    }

    /** Forgets a runtime that is long gone. */
    public static void remove(Handle handle, String id) {
        handle.createUpdate("DELETE FROM runtime WHERE id = :id").bind("id", id).execute();
    }

    private static RuntimeRow row(ResultSet row, StatementContext context) throws SQLException {
        return new RuntimeRow(
                row.getString("id"),
                row.getString("incarnation"),
                row.getString("addr"),
                row.getString("roles"),
                row.getString("plugins"),
                row.getString("labels"),
                row.getInt("slots"),
                row.getString("state"),
                row.getLong("last_seen"),
                new RuntimeRow.Marks(
                        row.getBoolean("cordoned"),
                        row.getBoolean("drain_wanted"),
                        row.getLong("drain_ms"),
                        row.getLong("revision")));
    }
}
