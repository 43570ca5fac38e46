package io.eventmesh.admin.database;

import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/** What a request under a key was answered with. Every method is a step of the caller's transaction. */
public final class IdempotencyTable {
    /** The status of what took effect while its answer was not yet known. */
    public static final int APPLIED = 0;

    private IdempotencyTable() {}

    /**
     * A request under a key.
     *
     * @param route method and path
     * @param bodyHash SHA-256
     * @param term the leadership under which it runs or ran
     * @param status null while it runs, {@link #APPLIED}, or that of the answer
     * @param headers JSON object of the answer's headers
     */
    public record Request(
            String route,
            String bodyHash,
            long term,
            @Nullable Integer status,
            @Nullable String headers,
            @Nullable String body,
            long createdMillis) {}

    public static Optional<Request> find(Handle handle, String key, String actor) {
        return handle.createQuery("SELECT route, body_hash, term, status, headers, body, created_at FROM idempotency"
                        + " WHERE idem_key = :key AND actor = :actor")
                .bind("key", key)
                .bind("actor", actor)
                .map((row, context) -> new Request(
                        row.getString("route"),
                        row.getString("body_hash"),
                        row.getLong("term"),
                        (Integer) row.getObject("status"),
                        row.getString("headers"),
                        row.getString("body"),
                        row.getLong("created_at")))
                .findOne();
    }

    /** Stores that it runs, whatever was there. */
    public static void begin(
            Handle handle, String key, String actor, String route, String bodyHash, long term, long nowMillis) {
        end(handle, key, actor);
        handle.createUpdate("INSERT INTO idempotency (idem_key, actor, route, body_hash, term, created_at)"
                        + " VALUES (:key, :actor, :route, :hash, :term, :now)")
                .bind("key", key)
                .bind("actor", actor)
                .bind("route", route)
                .bind("hash", bodyHash)
                .bind("term", term)
                .bind("now", nowMillis)
                .execute();
    }

    private static void end(Handle handle, String key, String actor) {
        handle.createUpdate("DELETE FROM idempotency WHERE idem_key = :key AND actor = :actor")
                .bind("key", key)
                .bind("actor", actor)
                .execute();
    }

    /** Stores the answer. */
    public static void answered(
            Handle handle, String key, String actor, int status, @Nullable String headers, @Nullable String body) {
        handle.createUpdate("UPDATE idempotency SET status = :status, headers = :headers, body = :body"
                        + " WHERE idem_key = :key AND actor = :actor")
                .bind("status", status)
                .bind("headers", headers)
                .bind("body", body)
                .bind("key", key)
                .bind("actor", actor)
                .execute();
    }

    /** Forgets a request that was refused, unless it took effect. */
    public static void refused(Handle handle, String key, String actor) {
        handle.createUpdate("DELETE FROM idempotency WHERE idem_key = :key AND actor = :actor AND status IS NULL")
                .bind("key", key)
                .bind("actor", actor)
                .execute();
    }

    /** Forgets what is older than a time. */
    public static void prune(Handle handle, long beforeMillis) {
        handle.createUpdate("DELETE FROM idempotency WHERE created_at < :before")
                .bind("before", beforeMillis)
                .execute();
    }
}
