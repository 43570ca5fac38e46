package io.eventmesh.admin.database;

import java.util.List;
import java.util.Map;
import org.jdbi.v3.core.Handle;

/** Runtimes as the leader saw them last. Every method is a step of the caller's transaction. */
public final class RuntimeTable {
    private RuntimeTable() {}

    public static List<RuntimeRow> all(Handle handle) {
        return handle.createQuery("SELECT id, incarnation, addr, roles, plugins, slots, state, last_seen FROM runtime"
                        + " ORDER BY id")
                .map((row, context) -> new RuntimeRow(
                        row.getString("id"),
                        row.getString("incarnation"),
                        row.getString("addr"),
                        row.getString("roles"),
                        row.getString("plugins"),
                        row.getInt("slots"),
                        row.getString("state"),
                        row.getLong("last_seen")))
                .list();
    }

    /** Stores a runtime, new or known. */
    public static void store(Handle handle, RuntimeRow row) {
        Map<String, Object> values = Map.of(
                "id", row.id(),
                "incarnation", row.incarnation(),
                "addr", row.address(),
                "roles", row.roles(),
                "plugins", row.plugins(),
                "slots", row.slots(),
                "state", row.state(),
                "seen", row.lastSeenMillis());
        int rows = handle.createUpdate("UPDATE runtime SET incarnation = :incarnation, addr = :addr, roles = :roles,"
                        + " plugins = :plugins, slots = :slots, state = :state, last_seen = :seen WHERE id = :id")
                .bindMap(values)
                .execute();
        if (rows == 0) {
            handle.createUpdate("INSERT INTO runtime (id, incarnation, addr, roles, plugins, labels, slots, state,"
                            + " last_seen) VALUES (:id, :incarnation, :addr, :roles, :plugins, '{}', :slots, :state,"
                            + " :seen)")
                    .bindMap(values)
                    .execute();
        }
    }
}
