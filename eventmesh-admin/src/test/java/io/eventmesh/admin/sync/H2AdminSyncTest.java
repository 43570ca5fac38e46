package io.eventmesh.admin.sync;

import io.eventmesh.admin.database.DatabaseConfig;
import io.eventmesh.common.config.Secret;
import java.util.UUID;

class H2AdminSyncTest extends AdminSyncTest {
    /** In memory, so that two admins may have it, as PostgreSQL would be for two processes. */
    @Override
    DatabaseConfig database() {
        return new DatabaseConfig("jdbc:h2:mem:" + UUID.randomUUID(), "eventmesh", Secret.none(), 4);
    }
}
