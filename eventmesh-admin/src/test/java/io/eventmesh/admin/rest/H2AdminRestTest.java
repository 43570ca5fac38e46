package io.eventmesh.admin.rest;

import io.eventmesh.admin.database.DatabaseConfig;
import org.junit.jupiter.api.BeforeAll;

class H2AdminRestTest extends AdminRestTest {
    @BeforeAll
    static void begin() {
        start(DatabaseConfig.defaults());
    }
}
