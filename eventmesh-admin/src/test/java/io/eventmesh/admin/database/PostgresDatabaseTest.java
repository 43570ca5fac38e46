package io.eventmesh.admin.database;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventmesh.common.config.Secret;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class PostgresDatabaseTest extends DatabaseTest {
    private static EmbeddedPostgres postgres;
    private static Database database;

    @BeforeAll
    static void start() throws IOException {
        postgres = EmbeddedPostgres.start();
        String url = postgres.getJdbcUrl("postgres", "postgres");
        database = new Database(new DatabaseConfig(url, "postgres", Secret.none(), 4), Path.of("unused"));
        database.open();
    }

    @AfterAll
    static void stop() throws IOException {
        database.close();
        postgres.close();
    }

    @Override
    Database database() {
        return database;
    }

    @Test
    void waitingHasAnEnd() {
        String lock = database.transaction(handle ->
                handle.createQuery("SHOW lock_timeout").mapTo(String.class).one());

        assertThat(lock).isEqualTo("5s");
    }
}
