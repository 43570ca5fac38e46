package io.eventmesh.admin.rest;

import io.eventmesh.admin.PostgresServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

class PostgresAdminRestTest extends AdminRestTest {
    private static PostgresServer postgres;

    @BeforeAll
    static void begin() {
        postgres = new PostgresServer();
        start(postgres.database());
    }

    @AfterAll
    static void end() {
        stop();
        postgres.close();
    }
}
