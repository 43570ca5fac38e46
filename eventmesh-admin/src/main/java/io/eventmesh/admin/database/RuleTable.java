package io.eventmesh.admin.database;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.StatementContext;

/**
 * Rules, and the number that rises with every change of what function and mesh runtimes are told. Every method is a step
 * of the caller's transaction.
 */
public final class RuleTable {
    private static final String COLUMNS = "id, namespace, name, labels, bus, spec, revision, created_at, updated_at";

    private RuleTable() {}

    /** The rules of a namespace after a name, in the order of their names. */
    public static List<RuleRow> list(Handle handle, String namespace, String after, int limit) {
        return handle.createQuery("SELECT " + COLUMNS + " FROM rule_definition WHERE namespace = :namespace"
                        + " AND name > :after ORDER BY name LIMIT :limit")
                .bind("namespace", namespace)
                .bind("after", after)
                .bind("limit", limit)
                .map(RuleTable::row)
                .list();
    }

    /** Every rule, in the order of namespace and name. */
    public static List<RuleRow> all(Handle handle) {
        return handle.createQuery("SELECT " + COLUMNS + " FROM rule_definition ORDER BY namespace, name")
                .map(RuleTable::row)
                .list();
    }

    public static Optional<RuleRow> find(Handle handle, String namespace, String name) {
        return handle.createQuery(
                        "SELECT " + COLUMNS + " FROM rule_definition WHERE namespace = :namespace AND name = :name")
                .bind("namespace", namespace)
                .bind("name", name)
                .map(RuleTable::row)
                .findOne();
    }

    public static void insert(Handle handle, RuleRow row) {
        handle.createUpdate("INSERT INTO rule_definition (" + COLUMNS + ") VALUES (:id, :namespace, :name, :labels,"
                        + " :bus, :spec, :revision, :created, :updated)")
                .bind("namespace", row.namespace())
                .bind("name", row.name())
                .bind("created", row.createdMillis())
                .bindMap(changeable(row))
                .execute();
        raiseVersion(handle);
    }

    public static void update(Handle handle, RuleRow row) {
        handle.createUpdate("UPDATE rule_definition SET labels = :labels, bus = :bus, spec = :spec,"
                        + " revision = :revision, updated_at = :updated WHERE id = :id")
                .bindMap(changeable(row))
                .execute();
        raiseVersion(handle);
    }

    public static void delete(Handle handle, String id) {
        handle.createUpdate("DELETE FROM rule_definition WHERE id = :id")
                .bind("id", id)
                .execute();
        raiseVersion(handle);
    }

    /** The number of the newest definitions. Read it before them: a reader may then see newer ones, never older. */
    public static long version(Handle handle) {
        return handle.createQuery("SELECT version FROM definitions_version WHERE id = 1")
                .mapTo(Long.class)
                .one();
    }

    private static void raiseVersion(Handle handle) {
        handle.createUpdate("UPDATE definitions_version SET version = version + 1 WHERE id = 1")
                .execute();
    }

    private static Map<String, Object> changeable(RuleRow row) {
        return Map.of(
                "id", row.id(),
                "labels", row.labels(),
                "bus", row.bus(),
                "spec", row.spec(),
                "revision", row.revision(),
                "updated", row.updatedMillis());
    }

    private static RuleRow row(ResultSet row, StatementContext context) throws SQLException {
        return new RuleRow(
                row.getString("id"),
                row.getString("namespace"),
                row.getString("name"),
                row.getString("labels"),
                row.getString("bus"),
                row.getString("spec"),
                row.getLong("revision"),
                row.getLong("created_at"),
                row.getLong("updated_at"));
    }
}
