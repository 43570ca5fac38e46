package io.eventmesh.admin.sync;

import io.eventmesh.admin.database.DatabaseConfig;

class H2ScaleTest extends ScaleTest {
    @Override
    DatabaseConfig database() {
        return DatabaseConfig.defaults();
    }
}
