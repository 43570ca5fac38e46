package io.eventmesh.admin.database;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.function.Function;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.JdbiException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The admin's database: H2 in a file, or PostgreSQL.
 *
 * <p>H2 is opened with {@code WRITE_DELAY=0} and {@code REUSE_SPACE=FALSE}: without the first a killed process loses what
 * it had committed a moment ago; without the second, once the file is older than 45 s and its old parts are written again,
 * the next process may take an older state for the newest. An epoch that comes twice breaks every fence. The price is a
 * file that grows by some 4 KiB a commit until the next start makes it small. Thread-safe; every method blocks, with the pool's and the database's time-outs, and
 * fails with STORAGE_UNAVAILABLE when the database does not answer.
 */
public final class Database implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Database.class);
    private static final String H2_FILE = "jdbc:h2:file:";
    private static final String H2_SETTINGS =
            ";WRITE_DELAY=0;REUSE_SPACE=FALSE;DB_CLOSE_ON_EXIT=FALSE;LOCK_TIMEOUT=5000";
    private static final int H2_ALREADY_OPEN = 90020;
    private static final String UNIQUE_VIOLATION = "23505";
    private static final long CONNECT_MILLIS = 5_000;

    private final DatabaseConfig config;
    private final Path directory;
    private @Nullable HikariDataSource pool;
    private @Nullable Jdbi jdbi;

    /** @param directory where an H2 file lies */
    public Database(DatabaseConfig config, Path directory) {
        this.config = config;
        this.directory = directory;
    }

    /**
     * Connects and brings the tables up to date.
     *
     * @throws EventMeshException DATABASE_OWNED when another process has the H2 file open, STORAGE_UNAVAILABLE when
     *     there is no connection
     */
    public void open() {
        String url = url();
        try {
            probe(url);
            migrateAndPool(url);
        } catch (SQLException | FlywayException failure) {
            close();
            throw refusal(failure);
        }
    }

    private void probe(String url) throws SQLException {
        try (Connection probe = DriverManager.getConnection(
                        url, config.user(), config.password().reveal());
                Statement statement = probe.createStatement()) {
            log.debug("Database answers. product={}", probe.getMetaData().getDatabaseProductName());
            if (url.startsWith(H2_FILE)) {
                statement.execute("SHUTDOWN COMPACT");
            }
        }
    }

    private void migrateAndPool(String url) {
        HikariConfig settings = new HikariConfig();
        settings.setJdbcUrl(url);
        settings.setUsername(config.user());
        settings.setPassword(config.password().reveal());
        settings.setMaximumPoolSize(config.poolSize());
        settings.setMinimumIdle(1);
        settings.setConnectionTimeout(CONNECT_MILLIS);
        settings.setPoolName("admin-database");
        HikariDataSource opened = new HikariDataSource(settings);
        pool = opened;
        Flyway.configure(Database.class.getClassLoader())
                .dataSource(opened)
                .locations("classpath:io/eventmesh/admin/migration")
                .load()
                .migrate();
        jdbi = Jdbi.create(opened);
    }

    /** Runs the work in one transaction; what it throws rolls back. */
    public <T extends @Nullable Object> T transaction(Function<Handle, T> work) {
        Jdbi open = jdbi;
        if (open == null) {
            throw new EventMeshException(ErrorCode.SHUTTING_DOWN, "admin database: closed (expected: open)");
        }
        try {
            return open.inTransaction(work::apply);
        } catch (JdbiException failure) {
            throw failed(failure);
        }
    }

    /**
     * Runs the work in one transaction that holds the term: no other admin can take the leadership meanwhile.
     *
     * @throws EventMeshException NOT_LEADER when the database knows a later term
     */
    public <T extends @Nullable Object> T asLeader(long term, Function<Handle, T> work) {
        return transaction(handle -> {
            long current = handle.createQuery("SELECT term FROM admin_term WHERE id = 1 FOR UPDATE")
                    .mapTo(Long.class)
                    .one();
            if (current != term) {
                throw new EventMeshException(ErrorCode.NOT_LEADER, "term: %d (expected: %d)".formatted(term, current));
            }
            return work.apply(handle);
        });
    }

    /** Begins a new term and answers it. */
    public long raiseTerm(String holder) {
        return transaction(handle -> {
            handle.createUpdate("UPDATE admin_term SET term = term + 1, holder = :holder WHERE id = 1")
                    .bind("holder", holder)
                    .execute();
            return currentTerm(handle);
        });
    }

    /** The newest term that any admin began; 0 when none did. */
    public long term() {
        return transaction(Database::currentTerm);
    }

    private static long currentTerm(Handle handle) {
        return handle.createQuery("SELECT term FROM admin_term WHERE id = 1")
                .mapTo(Long.class)
                .one();
    }

    @Override
    public void close() {
        HikariDataSource open = pool;
        pool = null;
        jdbi = null;
        if (open != null) {
            open.close();
        }
    }

    private String url() {
        if (config.url().startsWith("jdbc:h2:")) {
            return config.url() + H2_SETTINGS;
        }
        if (!config.url().isEmpty()) {
            return config.url();
        }
        try {
            Files.createDirectories(directory);
        } catch (IOException failure) {
            throw new EventMeshException(
                    ErrorCode.STORAGE_UNAVAILABLE,
                    "admin database: directory not writable (expected: writable)",
                    failure);
        }
        String file = directory.resolve("admin").toAbsolutePath().toString();
        if (file.contains(";")) {
            throw new EventMeshException(
                    ErrorCode.STORAGE_UNAVAILABLE, "admin database: data directory with ';' (expected: without)");
        }
        return H2_FILE + file + H2_SETTINGS;
    }

    private static EventMeshException refusal(Exception failure) {
        if (failure instanceof SQLException sql && sql.getErrorCode() == H2_ALREADY_OPEN) {
            return owned("the H2 file is open in another process");
        }
        return new EventMeshException(
                ErrorCode.STORAGE_UNAVAILABLE,
                "admin database: no connection (expected: admin.database reachable)",
                failure);
    }

    /** The refusal of a second admin on a database for one. */
    public static EventMeshException owned(String why) {
        return new EventMeshException(
                ErrorCode.DATABASE_OWNED,
                "admin database: %s (expected: one admin on H2; for several set admin.database.url to jdbc:postgresql:…)"
                        .formatted(why));
    }

    private static EventMeshException failed(JdbiException failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof SQLException sql && UNIQUE_VIOLATION.equals(sql.getSQLState())) {
                return new EventMeshException(
                        ErrorCode.ALREADY_EXISTS, "name: taken meanwhile (expected: a free one)", failure);
            }
        }
        return new EventMeshException(
                ErrorCode.STORAGE_UNAVAILABLE, "admin database: the statement failed (expected: an answer)", failure);
    }
}
