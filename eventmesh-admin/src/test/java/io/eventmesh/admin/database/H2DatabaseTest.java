package io.eventmesh.admin.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.eventmesh.common.config.Secret;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import java.io.File;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.flywaydb.core.Flyway;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class H2DatabaseTest extends DatabaseTest {
    @TempDir
    static Path directory;

    @TempDir
    Path own;

    private static Database database;

    @BeforeAll
    static void open() {
        database = new Database(DatabaseConfig.defaults(), directory);
        database.open();
    }

    @AfterAll
    static void close() {
        database.close();
    }

    @Override
    Database database() {
        return database;
    }

    @Test
    void onlyItsOwnerMayLookIntoItsDirectory() throws IOException {
        Path data = own.resolve("h2");
        Database database = new Database(DatabaseConfig.defaults(), data);
        database.open();
        database.close();

        assertThat(Files.getPosixFilePermissions(data)).isEqualTo(PosixFilePermissions.fromString("rwx------"));
    }

    @Test
    void rulesOfTheFormerTablesAreThereWithTheirBusAndTheirRevision() {
        String url = "jdbc:h2:file:" + own.resolve("admin");
        Flyway.configure()
                .dataSource(url, "sa", "")
                .locations("classpath:io/eventmesh/admin/migration")
                .target("4")
                .load()
                .migrate();
        Jdbi.create(url, "sa", "")
                .useHandle(handle -> handle.execute(
                        "INSERT INTO rule_definition (id, namespace, name, labels, bus, spec, revision, created_at, updated_at)"
                                + " VALUES ('1', 'shop', 'big', '{}', 'default', '{\"patterns\":[\"a\"]}', 3, 1, 2)"));
        Database upgraded = new Database(new DatabaseConfig(url, "sa", Secret.none(), 2), own);
        upgraded.open();

        DefinitionRow row = upgraded.<Optional<DefinitionRow>>transaction(
                        handle -> DefinitionTable.find(handle, DefinitionKind.RULE, "shop", "big"))
                .orElseThrow();
        Set<String> users =
                upgraded.transaction(handle -> DefinitionTable.users(handle, DefinitionKind.BUS, "shop", "default"));
        upgraded.close();

        assertThat(row.revision()).isEqualTo(3);
        assertThat(row.spec()).isEqualTo("{\"patterns\":[\"a\"]}");
        assertThat(users).containsExactly("big");
    }

    @Test
    void whatWasStoredIsThereAfterItIsOpenedAgain() {
        Database first = new Database(DatabaseConfig.defaults(), own);
        first.open();
        first.raiseTerm("a");
        first.close();
        Database second = new Database(DatabaseConfig.defaults(), own);
        second.open();

        assertThat(second.term()).isEqualTo(1);
        second.close();
    }

    /** A copy of the file between two commits is what a process leaves behind that is killed there. */
    @Test
    void everyCommitIsInTheFileAlsoAfterLongUse() throws Exception {
        Path file = own.resolve("used.mv.db");
        // what takes 45 s by itself: old parts of the file may be written again
        String url = "jdbc:h2:file:" + own.resolve("used") + ";RETENTION_TIME=1";
        DatabaseConfig defaults = DatabaseConfig.defaults();
        Database used = new Database(new DatabaseConfig(url, defaults.user(), defaults.password(), 2), own);
        used.open();
        for (int i = 1; i <= 150; i++) {
            long term = used.raiseTerm("a");
            if (i > 50 && i % 5 == 0) {
                Files.write(own.resolve("left" + i + ".mv.db"), Files.readAllBytes(file));
                assertThat(termIn(own.resolve("left" + i)))
                        .as("after commit %d", i)
                        .isEqualTo(term);
            }
        }
        used.close();
    }

    @Test
    void aFileThatGrewIsMadeSmallWhileOthersGoOnAndKeepsEveryCommit() throws Exception {
        Database grown = new Database(DatabaseConfig.defaults(), own, 1);
        grown.open();
        long small = grown.bytes();
        AtomicLong largest = new AtomicLong();
        ExecutorService callers = Executors.newFixedThreadPool(2);
        try {
            Callable<Void> commits = () -> {
                for (int i = 0; i < 500; i++) {
                    grown.raiseTerm("a");
                    largest.accumulateAndGet(grown.bytes(), Math::max);
                }
                return null;
            };
            for (Future<Void> done : callers.invokeAll(List.of(commits, commits), 30, TimeUnit.SECONDS)) {
                done.get();
            }
        } finally {
            callers.shutdownNow();
        }

        // 1,000 commits are 4 MiB and more
        assertThat(largest).hasValueLessThan(12 * small);
        assertThat(grown.term()).isEqualTo(1_000);
        grown.close();
        assertThat(grown.bytes()).isZero();
    }

    @Test
    void aFileWhoseLockIsHeldIsNotTouchedEvenWhenH2ItselfDoesNotHoldIt() throws Exception {
        Database second = new Database(DatabaseConfig.defaults(), own);
        try (FileChannel lock =
                FileChannel.open(own.resolve("admin.lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            lock.lock();

            assertThatThrownBy(second::open)
                    .isInstanceOfSatisfying(
                            EventMeshException.class,
                            refused -> assertThat(refused.code()).isEqualTo(ErrorCode.DATABASE_OWNED));
        }
        assertThat(own.resolve("admin.mv.db")).doesNotExist();
        second.open();
        second.close();
    }

    static long termIn(Path left) throws SQLException {
        DatabaseConfig defaults = DatabaseConfig.defaults();
        try (Connection connection = DriverManager.getConnection(
                        "jdbc:h2:file:" + left,
                        defaults.user(),
                        defaults.password().reveal());
                ResultSet term = connection.createStatement().executeQuery("SELECT term FROM admin_term")) {
            assertThat(term.next()).isTrue();
            return term.getLong(1);
        }
    }

    @Test
    void aFileThatAnotherProcessHasOpenIsRefusedWithTheWayOut() throws Exception {
        Process holder = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        Holder.class.getName(),
                        own.toString())
                .redirectErrorStream(true)
                .redirectOutput(own.resolve("holder.log").toFile())
                .start();
        try {
            File ready = own.resolve("ready").toFile();
            org.awaitility.Awaitility.await().atMost(20, TimeUnit.SECONDS).until(ready::exists);
            Database second = new Database(DatabaseConfig.defaults(), own);

            assertThatThrownBy(second::open).isInstanceOfSatisfying(EventMeshException.class, refused -> {
                assertThat(refused.code()).isEqualTo(ErrorCode.DATABASE_OWNED);
                assertThat(refused.reason()).contains("jdbc:postgresql:");
            });

            holder.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
            second.open();
            assertThat(second.term()).as("committed before the kill").isEqualTo(1);
            second.close();
        } finally {
            holder.destroyForcibly();
        }
    }

    /** Opens a database, commits a term, and holds it until killed. */
    static final class Holder {
        private Holder() {}

        public static void main(String[] args) throws Exception {
            Database database = new Database(DatabaseConfig.defaults(), Path.of(args[0]));
            database.open();
            database.raiseTerm("holder");
            Path.of(args[0], "ready").toFile().createNewFile();
            new java.util.concurrent.CountDownLatch(1).await(60, TimeUnit.SECONDS);
        }
    }
}
