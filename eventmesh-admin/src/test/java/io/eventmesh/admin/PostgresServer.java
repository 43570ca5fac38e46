package io.eventmesh.admin;

import io.eventmesh.admin.database.DatabaseConfig;
import io.eventmesh.common.config.Secret;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.UUID;

/** A PostgreSQL of a test class, with as many empty databases as it wants. */
public final class PostgresServer implements AutoCloseable {
    private final EmbeddedPostgres postgres;

    public PostgresServer() {
        try {
            postgres = EmbeddedPostgres.start();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    /** A new, empty database. */
    public DatabaseConfig database() {
        String name = "d" + UUID.randomUUID().toString().replace("-", "");
        try (Connection connection = postgres.getPostgresDatabase().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE DATABASE " + name);
        } catch (SQLException failure) {
            throw new IllegalStateException(failure);
        }
        return new DatabaseConfig(postgres.getJdbcUrl("postgres", name), "postgres", Secret.none(), 4);
    }

    @Override
    public void close() {
        try {
            postgres.close();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }
}
