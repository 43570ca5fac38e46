package io.eventmesh.admin;

import io.eventmesh.admin.database.Database;
import io.eventmesh.admin.definition.ConnectorPlugins;
import io.eventmesh.admin.definition.Connectors;
import io.eventmesh.admin.definition.Rules;
import io.eventmesh.admin.rest.AdminRest;
import io.eventmesh.admin.schedule.Leader;
import io.eventmesh.admin.sync.AdminGrpc;
import io.eventmesh.admin.sync.MeshPeers;
import io.eventmesh.admin.sync.Registrations;
import io.eventmesh.common.lifecycle.Health;
import io.eventmesh.spi.role.Role;
import io.eventmesh.spi.role.RoleContext;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The role admin: wires database, scheduler, REST and gRPC, and starts them in that order.
 *
 * <p>One thread starts and closes it; the rest may be asked by any.
 */
final class AdminRole implements Role {
    private static final Logger log = LoggerFactory.getLogger(AdminRole.class);

    private final AdminConfig config;
    private final RoleContext context;
    private final Database database;
    private final boolean databaseIsAFile;
    private final DatabaseOwnership ownership;
    private final Leader leader;
    private final Registrations registrations = new Registrations();
    private final AdminGrpc grpc;
    private final MeshPeers peers;
    private final AdminRest rest;
    private final Deque<AutoCloseable> started = new ArrayDeque<>();
    private volatile boolean running;

    AdminRole(AdminConfig config, RoleContext context) {
        this.config = config;
        this.context = context;
        database = new Database(config.database(), context.dataDirectory().resolve("h2"));
        databaseIsAFile = config.database().isSingleAdmin();
        ownership = new DatabaseOwnership(context.meta(), context.runtimeId(), context.incarnation(), databaseIsAFile);
        leader = new Leader(
                database, context.meta(), context.clock(), context.scheduler(), context.dispatch(), config.timing());
        ConnectorPlugins plugins = new ConnectorPlugins(context.plugins(), database);
        Connectors connectors = new Connectors(database, leader, plugins, context.clock());
        Rules rules = new Rules(database, leader, context.plugins(), context.clock());
        grpc = new AdminGrpc(
                config.grpc().host(), config.grpc().port(), database, leader, rules, context, config.timing());
        peers = new MeshPeers(context, registrations, grpc::loop);
        rest = new AdminRest(
                config.http().host(),
                config.http().port(),
                context,
                database,
                leader,
                connectors,
                rules,
                plugins,
                registrations,
                peers);
    }

    @Override
    public String name() {
        return "admin";
    }

    @Override
    public void start() {
        config.doubt(context.meta().sessionTimeout()).ifPresent(doubt -> log.warn("Settings in doubt. {}", doubt));
        try {
            step(ownership, ownership::take);
            step(database, this::openDatabase);
            step(registrations, () -> registrations.start(context.meta()));
            step(grpc, grpc::start);
            step(peers, () -> {});
            step(rest, rest::start);
            step(leader, () -> leader.start(grpc.address()));
            running = true;
        } catch (RuntimeException | Error failure) {
            close();
            throw failure;
        }
    }

    private void openDatabase() {
        database.open();
        if (databaseIsAFile) {
            context.meters().gauge("eventmesh_admin_database_bytes", database, Database::bytes);
        }
    }

    private void step(AutoCloseable part, Runnable start) {
        started.push(part);
        start.run();
    }

    @Override
    public Map<String, String> endpoints() {
        return Map.of("admin.http", rest.url(), "admin.grpc", grpc.address());
    }

    @Override
    public List<String> banner() {
        return List.of("Admin: %s/  API /api/v1  OpenAPI /openapi.yaml".formatted(rest.url()));
    }

    @Override
    public Health health() {
        if (!running) {
            return Health.down("not started");
        }
        return leader.term()
                .map(term -> Health.up("leads, term " + term))
                .or(() -> leader.leaderAddress().map(address -> Health.up("follows " + address)))
                .orElse(Health.degraded("no admin leads"));
    }

    @Override
    public void close() {
        running = false;
        while (!started.isEmpty()) {
            AutoCloseable part = started.pop();
            try {
                part.close();
            } catch (Exception failure) {
                throw new IllegalStateException("admin did not close", failure);
            }
        }
    }
}
