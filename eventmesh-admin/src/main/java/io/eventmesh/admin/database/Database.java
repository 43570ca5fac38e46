package io.eventmesh.admin.database;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
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
 * file that grows by 4 to 13 KiB a commit. It is made compact when it is opened, and by the caller whose transaction made
 * it too large; transactions wait meanwhile. A process killed during that leaves the old file or the new one, each with
 * every commit: H2 writes the new one beside the old one, syncs it, and moves it over the old one in one step.
 *
 * <p>Thread-safe; every method blocks, with the pool's and the database's time-outs, and fails with STORAGE_UNAVAILABLE
 * when the database does not answer.
 */
public final class Database implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Database.class);
    private static final String H2_FILE = "jdbc:h2:file:";
    private static final String H2_SETTINGS = ";DB_CLOSE_ON_EXIT=FALSE;LOCK_TIMEOUT=5000";
    /** For a file of this process; in memory H2 fails with them. */
    private static final String H2_FILE_SETTINGS = ";WRITE_DELAY=0;REUSE_SPACE=FALSE" + H2_SETTINGS;

    private static final int H2_ALREADY_OPEN = 90020;
    private static final String UNIQUE_VIOLATION = "23505";
    private static final long CONNECT_MILLIS = 5_000;
    private static final int SOCKET_SECONDS = 10;
    /** A compaction that finds transactions running that long is put off: others wait behind it. */
    private static final long QUIET_MILLIS = 1_000;
    /** Some 5,000 to 16,000 commits; making that compact took 0.2 s, and nobody misses the space. */
    private static final long COMPACT_ABOVE = 64L << 20;

    private final DatabaseConfig config;
    private final Path directory;
    private final long compactAbove;
    /** Transactions share it; whoever opens, compacts or closes has it alone. Guards the fields below. */
    private final ReentrantReadWriteLock gate = new ReentrantReadWriteLock();

    private @Nullable HikariDataSource pool;
    private @Nullable Jdbi jdbi;
    private volatile @Nullable H2File file;

    /** @param directory where an H2 file lies */
    public Database(DatabaseConfig config, Path directory) {
        this(config, directory, COMPACT_ABOVE);
    }

    Database(DatabaseConfig config, Path directory, long compactAbove) {
        this.config = config;
        this.directory = directory;
        this.compactAbove = compactAbove;
    }

    /**
     * Connects and brings the tables up to date.
     *
     * @throws EventMeshException DATABASE_OWNED when another process has the H2 file open, STORAGE_UNAVAILABLE when
     *     there is no connection
     */
    public void open() {
        String url = url();
        gate.writeLock().lock();
        try {
            H2File taken = H2File.of(url, compactAbove).orElse(null);
            if (taken != null) {
                taken.take();
                file = taken;
            }
            probe(url, taken);
            migrate(pooled(url));
        } catch (SQLException | FlywayException failure) {
            close();
            throw refusal(failure);
        } finally {
            gate.writeLock().unlock();
        }
    }

    private void probe(String url, @Nullable H2File taken) throws SQLException {
        try (Connection probe = direct(url)) {
            log.debug("Database answers. product={}", probe.getMetaData().getDatabaseProductName());
            if (taken != null) {
                shutdownCompact(probe);
            }
        }
        if (taken != null) {
            taken.settle();
        }
    }

    private Connection direct(String url) throws SQLException {
        Properties properties = limits(url);
        properties.setProperty("user", config.user());
        properties.setProperty("password", config.password().reveal());
        return DriverManager.getConnection(url, properties);
    }

    /** A database that hangs must fail a transaction, not stop whoever waits for it. */
    private static Properties limits(String url) {
        Properties limits = new Properties();
        if (url.startsWith("jdbc:postgresql:")) {
            limits.setProperty("socketTimeout", String.valueOf(SOCKET_SECONDS));
            limits.setProperty("connectTimeout", String.valueOf(CONNECT_MILLIS / 1_000));
            limits.setProperty("tcpKeepAlive", "true");
            limits.setProperty("options", "-c lock_timeout=" + CONNECT_MILLIS);
        }
        return limits;
    }

    private static void shutdownCompact(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("SHUTDOWN COMPACT");
        }
    }

    private HikariDataSource pooled(String url) {
        HikariConfig settings = new HikariConfig();
        settings.setJdbcUrl(url);
        settings.setUsername(config.user());
        settings.setPassword(config.password().reveal());
        settings.setMaximumPoolSize(config.poolSize());
        settings.setMinimumIdle(1);
        settings.setConnectionTimeout(CONNECT_MILLIS);
        // it was reachable a moment ago: what fails now fails each transaction until it works again, not for good
        settings.setInitializationFailTimeout(-1);
        settings.setPoolName("admin-database");
        settings.setDataSourceProperties(limits(url));
        HikariDataSource opened = new HikariDataSource(settings);
        pool = opened;
        jdbi = Jdbi.create(opened);
        return opened;
    }

    private static void migrate(HikariDataSource pool) {
        Flyway.configure(Database.class.getClassLoader())
                .dataSource(pool)
                .locations("classpath:io/eventmesh/admin/migration")
                .load()
                .migrate();
    }

    /** Runs the work in one transaction; what it throws rolls back. */
    public <T extends @Nullable Object> T transaction(Function<Handle, T> work) {
        enter();
        T result;
        try {
            Jdbi open = jdbi;
            if (open == null) {
                throw new EventMeshException(ErrorCode.SHUTTING_DOWN, "admin database: closed (expected: open)");
            }
            result = open.inTransaction(work::apply);
        } catch (JdbiException failure) {
            throw failed(failure);
        } finally {
            gate.readLock().unlock();
        }
        H2File grown = file;
        if (grown != null && grown.isTooLarge() && gate.getReadHoldCount() == 0) {
            compact(false);
        }
        return result;
    }

    private void enter() {
        if (!acquire(gate.readLock(), CONNECT_MILLIS)) {
            throw new EventMeshException(
                    ErrorCode.STORAGE_UNAVAILABLE,
                    "admin database: busy with its own file (expected: free within %d ms)".formatted(CONNECT_MILLIS));
        }
    }

    private static boolean acquire(Lock lock, long millis) {
        try {
            return lock.tryLock(millis, TimeUnit.MILLISECONDS);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new EventMeshException(ErrorCode.SHUTTING_DOWN, "admin: closing (expected: running)", interrupted);
        }
    }

    /**
     * Makes the file small between two transactions, unless one of them runs for long. When that fails, the old file goes
     * on. Never within a transaction.
     *
     * @param always also when it is not too large, or somebody else made it small meanwhile
     */
    void compact(boolean always) {
        H2File grown = file;
        if (grown == null) {
            return;
        }
        if (Thread.currentThread().isInterrupted() || !acquire(gate.writeLock(), QUIET_MILLIS)) {
            grown.postpone();
            return;
        }
        try {
            HikariDataSource open = pool;
            if (open != null && (always || grown.isTooLarge())) {
                replace(grown, open);
            }
        } finally {
            gate.writeLock().unlock();
        }
    }

    private void replace(H2File grown, HikariDataSource open) {
        long before = grown.size();
        String url = url();
        // the direct connection keeps the database open while the pool goes, so that it is closed and opened only once
        try (Connection last = direct(url)) {
            open.close();
            shutdownCompact(last);
            grown.settle();
            log.info("Database file made compact. file={} bytes-before={} bytes={}", grown, before, grown.size());
        } catch (SQLException failure) {
            grown.postpone();
            log.warn("Database file not made compact, it goes on as it is. file={} bytes={}", grown, before, failure);
        } finally {
            if (open.isClosed()) {
                pooled(url);
            }
        }
    }

    /** What the database's file takes on disk, in bytes; 0 when it has no file here. Does not block. */
    public long bytes() {
        H2File present = file;
        return present == null ? 0 : present.size();
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
        return raiseTerm(holder, 0);
    }

    /** Begins a new term above this one, which the cluster has seen, and answers it. */
    public long raiseTerm(String holder, long above) {
        return transaction(handle -> {
            handle.createUpdate(
                            "UPDATE admin_term SET term = CASE WHEN term < :above THEN :above + 1 ELSE term + 1 END,"
                                    + " holder = :holder WHERE id = 1")
                    .bind("above", above)
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
        gate.writeLock().lock();
        try {
            HikariDataSource open = pool;
            H2File owned = file;
            pool = null;
            jdbi = null;
            file = null;
            if (open != null) {
                open.close();
            }
            if (owned != null) {
                owned.close();
            }
        } finally {
            gate.writeLock().unlock();
        }
    }

    private String url() {
        if (config.url().startsWith("jdbc:h2:")) {
            boolean ownFile = H2File.of(config.url(), compactAbove).isPresent();
            return config.url() + (ownFile ? H2_FILE_SETTINGS : H2_SETTINGS);
        }
        if (!config.url().isEmpty()) {
            return config.url();
        }
        try {
            Files.createDirectories(directory);
            if (Files.getFileStore(directory).supportsFileAttributeView(PosixFileAttributeView.class)) {
                // credentials may hold secrets
                Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx------"));
            }
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
        return H2_FILE + file + H2_FILE_SETTINGS;
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
