package io.eventmesh.admin.database;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.StatementContext;

/**
 * Buses, rules and credentials, what they name, what they were, and the number that rises with every change of what
 * runtimes are told. Every method is a step of the caller's transaction.
 */
public final class DefinitionTable {
    private static final int KEPT = 20;
    private static final String COLUMNS =
            "id, kind, namespace, name, labels, spec, state, revision, created_at, updated_at";

    private DefinitionTable() {}

    /** What a definition names. */
    public record Use(DefinitionKind kind, String name) {}

    /**
     * What a definition was at a revision.
     *
     * @param spec JSON object without secrets
     */
    public record Revision(long revision, String labels, String spec, long createdMillis) {}

    /** Those of a namespace after a name, in the order of their names. */
    public static List<DefinitionRow> list(
            Handle handle, DefinitionKind kind, String namespace, String after, int limit) {
        return handle.createQuery("SELECT " + COLUMNS + " FROM definition WHERE kind = :kind"
                        + " AND namespace = :namespace AND name > :after ORDER BY name LIMIT :limit")
                .bind("kind", kind.name())
                .bind("namespace", namespace)
                .bind("after", after)
                .bind("limit", limit)
                .map(DefinitionTable::row)
                .list();
    }

    /** Every one of a kind, in the order of namespace and name. */
    public static List<DefinitionRow> all(Handle handle, DefinitionKind kind) {
        return handle.createQuery("SELECT " + COLUMNS + " FROM definition WHERE kind = :kind ORDER BY namespace, name")
                .bind("kind", kind.name())
                .map(DefinitionTable::row)
                .list();
    }

    public static Optional<DefinitionRow> find(Handle handle, DefinitionKind kind, String namespace, String name) {
        return handle.createQuery("SELECT " + COLUMNS
                        + " FROM definition WHERE kind = :kind AND namespace = :namespace AND name = :name")
                .bind("kind", kind.name())
                .bind("namespace", namespace)
                .bind("name", name)
                .map(DefinitionTable::row)
                .findOne();
    }

    /**
     * Stores a definition at its revision, new or not.
     *
     * @param shown the specification without secrets, for the history
     */
    public static void store(Handle handle, DefinitionRow row, String shown, Set<Use> uses) {
        int there = handle.createUpdate("UPDATE definition SET labels = :labels, spec = :spec, state = :state,"
                        + " revision = :revision, created_at = :created, updated_at = :updated WHERE id = :id")
                .bindMap(values(row))
                .execute();
        if (there == 0) {
            handle.createUpdate("INSERT INTO definition (" + COLUMNS + ") VALUES (:id, :kind, :namespace, :name,"
                            + " :labels, :spec, :state, :revision, :created, :updated)")
                    .bind("kind", row.kind().name())
                    .bind("namespace", row.namespace())
                    .bind("name", row.name())
                    .bindMap(values(row))
                    .execute();
        }
        handle.execute("DELETE FROM definition_use WHERE definition_id = ?", row.id());
        for (Use use : uses) {
            handle.execute(
                    "INSERT INTO definition_use (definition_id, kind, name) VALUES (?, ?, ?)",
                    row.id(),
                    use.kind().name(),
                    use.name());
        }
        handle.execute(
                "INSERT INTO definition_revision (definition_id, revision, labels, spec, created_at)"
                        + " VALUES (?, ?, ?, ?, ?)",
                row.id(),
                row.revision(),
                row.labels(),
                shown,
                row.updatedMillis());
        handle.execute(
                "DELETE FROM definition_revision WHERE definition_id = ? AND revision <= ?",
                row.id(),
                row.revision() - KEPT);
        raiseVersion(handle);
    }

    public static void delete(Handle handle, String id) {
        handle.execute("DELETE FROM definition_use WHERE definition_id = ?", id);
        handle.execute("DELETE FROM definition_revision WHERE definition_id = ?", id);
        handle.execute("DELETE FROM definition WHERE id = ?", id);
        raiseVersion(handle);
    }

    /** The names of those that name this one, in order. */
    public static Set<String> users(Handle handle, DefinitionKind kind, String namespace, String name) {
        return new TreeSet<>(handle.createQuery("SELECT d.name FROM definition d JOIN definition_use u"
                        + " ON u.definition_id = d.id WHERE u.kind = :kind AND u.name = :name"
                        + " AND d.namespace = :namespace")
                .bind("kind", kind.name())
                .bind("name", name)
                .bind("namespace", namespace)
                .mapTo(String.class)
                .list());
    }

    /** The ids and revisions of those that name this one. */
    public static Map<String, Long> userRevisions(Handle handle, DefinitionKind kind, String namespace, String name) {
        Map<String, Long> users = new TreeMap<>();
        handle.createQuery("SELECT d.id, d.revision FROM definition d JOIN definition_use u"
                        + " ON u.definition_id = d.id WHERE u.kind = :kind AND u.name = :name"
                        + " AND d.namespace = :namespace")
                .bind("kind", kind.name())
                .bind("name", name)
                .bind("namespace", namespace)
                .map((row, context) -> Map.entry(row.getString("id"), row.getLong("revision")))
                .forEach(entry -> users.put(entry.getKey(), entry.getValue()));
        return users;
    }

    /** How many name each of a kind in a namespace; one that nobody names is absent. */
    public static Map<String, Long> counts(Handle handle, DefinitionKind kind, String namespace) {
        Map<String, Long> counts = new TreeMap<>();
        handle.createQuery(
                        "SELECT u.name, COUNT(*) AS users FROM definition_use u JOIN definition d"
                                + " ON u.definition_id = d.id WHERE u.kind = :kind AND d.namespace = :namespace GROUP BY u.name")
                .bind("kind", kind.name())
                .bind("namespace", namespace)
                .map((row, context) -> Map.entry(row.getString("name"), row.getLong("users")))
                .forEach(entry -> counts.put(entry.getKey(), entry.getValue()));
        return counts;
    }

    /** The revisions that are kept, newest first. */
    public static List<Revision> revisions(Handle handle, String id) {
        return handle.createQuery("SELECT revision, labels, spec, created_at FROM definition_revision"
                        + " WHERE definition_id = :id ORDER BY revision DESC")
                .bind("id", id)
                .map((row, context) -> new Revision(
                        row.getLong("revision"),
                        row.getString("labels"),
                        row.getString("spec"),
                        row.getLong("created_at")))
                .list();
    }

    /** The number of the newest definitions. Read it before them: a reader may then see newer ones, never older. */
    public static long version(Handle handle) {
        return handle.createQuery("SELECT version FROM definitions_version WHERE id = 1")
                .mapTo(Long.class)
                .one();
    }

    private static void raiseVersion(Handle handle) {
        handle.execute("UPDATE definitions_version SET version = version + 1 WHERE id = 1");
    }

    private static Map<String, Object> values(DefinitionRow row) {
        return Map.of(
                "id", row.id(),
                "labels", row.labels(),
                "spec", row.spec(),
                "state", row.state(),
                "revision", row.revision(),
                "created", row.createdMillis(),
                "updated", row.updatedMillis());
    }

    private static DefinitionRow row(ResultSet row, StatementContext context) throws SQLException {
        return new DefinitionRow(
                row.getString("id"),
                DefinitionKind.valueOf(row.getString("kind")),
                row.getString("namespace"),
                row.getString("name"),
                row.getString("labels"),
                row.getString("spec"),
                row.getString("state"),
                row.getLong("revision"),
                row.getLong("created_at"),
                row.getLong("updated_at"));
    }
}
