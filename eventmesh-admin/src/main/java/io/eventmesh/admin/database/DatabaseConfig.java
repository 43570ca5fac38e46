package io.eventmesh.admin.database;

import io.eventmesh.common.config.Check;
import io.eventmesh.common.config.Doc;
import io.eventmesh.common.config.Secret;

/**
 * Where the admin keeps what people define and what the scheduler decides.
 *
 * @param url empty for an H2 file under the data directory, which serves exactly one admin; a {@code jdbc:postgresql:}
 *     URL for several
 * @param poolSize connections at most
 */
public record DatabaseConfig(
        @Doc("JDBC URL; empty: an H2 file under data/h2, for exactly one admin. Several admins need jdbc:postgresql:")
        String url,

        @Doc("The database's user.") String user,
        @Doc("The user's password.") Secret password,
        @Doc("Connections at most.") int poolSize) {
    public DatabaseConfig {
        boolean known = url.isEmpty() || url.startsWith("jdbc:postgresql:") || url.startsWith("jdbc:h2:");
        // the URL itself may carry a password, so only its scheme is shown
        String shown = url.substring(0, Math.min(url.length(), Math.max(0, url.indexOf(':', 5)) + 1));
        Check.require(known, "url", "'" + shown + "…'", "jdbc:postgresql:… or empty for an H2 file");
        Check.range("pool-size", poolSize, 2, 64);
    }

    /** The H2 file. */
    public static DatabaseConfig defaults() {
        return new DatabaseConfig("", "eventmesh", Secret.none(), 4);
    }

    /** Whether only one admin may use it. */
    public boolean isSingleAdmin() {
        return !url.startsWith("jdbc:postgresql:");
    }
}
