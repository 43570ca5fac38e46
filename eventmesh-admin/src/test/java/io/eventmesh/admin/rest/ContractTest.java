package io.eventmesh.admin.rest;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventmesh.admin.AdminProcess;
import io.eventmesh.admin.MemoryMetaStore;
import io.eventmesh.admin.database.Database;
import io.eventmesh.admin.database.DatabaseConfig;
import io.eventmesh.admin.definition.ConnectorPlugins;
import io.eventmesh.admin.definition.Connectors;
import io.eventmesh.admin.definition.Rules;
import io.eventmesh.admin.schedule.Leader;
import io.eventmesh.admin.schedule.Timing;
import io.eventmesh.admin.sync.MeshPeers;
import io.eventmesh.admin.sync.Registrations;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ContractTest {
    @TempDir
    Path directory;

    @Test
    void everyOperationIsRoutedAndEveryRouteIsInTheContract() {
        Map<String, String> routed = new TreeMap<>();
        try (AdminProcess context = new AdminProcess("admin-1", new MemoryMetaStore(), directory)) {
            stack(context)
                    .routes()
                    .table()
                    .forEach(route -> routed.put(route.operationId(), route.method() + " " + route.template()));
        }

        assertThat(new TreeMap<>(Contract.served().table())).isEqualTo(routed);
    }

    /** Nothing of it is started. */
    private RestStack stack(AdminProcess context) {
        Database database = new Database(DatabaseConfig.defaults(), directory);
        Leader leader = new Leader(
                database,
                context.meta(),
                context.clock(),
                context.scheduler(),
                context.dispatch(),
                new Timing(Duration.ofSeconds(15), Duration.ofSeconds(5), Duration.ofSeconds(6)));
        ConnectorPlugins plugins = new ConnectorPlugins(context.plugins(), database);
        Registrations registrations = new Registrations();
        return new RestStack(
                context,
                database,
                leader,
                new Connectors(database, leader, plugins, context.clock()),
                new Rules(database, leader, context.plugins(), context.clock()),
                plugins,
                registrations,
                new MeshPeers(context, registrations, () -> {
                    throw new UnsupportedOperationException("not started");
                }),
                () -> "");
    }
}
