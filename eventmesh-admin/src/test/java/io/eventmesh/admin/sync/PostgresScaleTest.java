package io.eventmesh.admin.sync;

import io.eventmesh.admin.PostgresServer;
import io.eventmesh.admin.database.DatabaseConfig;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

class PostgresScaleTest extends ScaleTest {
    private static PostgresServer postgres;

    @BeforeAll
    static void begin() {
        postgres = new PostgresServer();
    }

    @AfterAll
    static void end() {
        postgres.close();
    }

    @Override
    DatabaseConfig database() {
        return postgres.database();
    }
}
