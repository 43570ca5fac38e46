package io.eventmesh.admin.rest;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.eventmesh.admin.database.Database;
import io.eventmesh.admin.definition.ConnectorPlugins;
import io.eventmesh.admin.definition.Connectors;
import io.eventmesh.admin.definition.Json;
import io.eventmesh.admin.definition.Rules;
import io.eventmesh.admin.schedule.Leader;
import io.eventmesh.admin.schedule.OperationRunner;
import io.eventmesh.admin.schedule.TaskOperations;
import io.eventmesh.admin.sync.MeshPeers;
import io.eventmesh.admin.sync.Registrations;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.spi.role.RoleContext;
import io.vertx.core.http.HttpMethod;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/** What the server answers with: the calls of all resources, wired. Thread-safe; one thread starts and closes it. */
final class RestStack implements AutoCloseable {
    private final Leader leader;
    private final Registrations registrations;
    private final Supplier<String> url;
    private final Writes writes;
    private final OperationRunner operations;
    private final Retention retention;
    private final Changes watched;
    private final ChangeStream changes;
    private final Routes routes = new Routes();

    /** @param url of this admin's own server */
    RestStack(
            RoleContext context,
            Database database,
            Leader leader,
            Connectors connectors,
            Rules rules,
            ConnectorPlugins plugins,
            Registrations registrations,
            MeshPeers peers,
            Supplier<String> url) {
        this.leader = leader;
        this.registrations = registrations;
        this.url = url;
        writes = new Writes(database, leader::requireTerm, context.clock());
        operations =
                new OperationRunner(database, leader::term, context.clock(), context.scheduler(), context.blocking());
        retention = new Retention(database, leader::term, context.clock(), context.scheduler(), context.blocking());
        TaskOperations scheduler = leader.operations();
        LiveTasks tasks = new LiveTasks(database, scheduler);
        watched = new Changes(context.incarnation(), database, tasks, context.scheduler(), context.blocking());
        changes = new ChangeStream(watched);
        List.<RestCalls>of(
                        new ConnectorCalls(connectors, scheduler, tasks),
                        new PositionCalls(database, connectors, operations, context.clock()),
                        new RuleCalls(rules, peers),
                        new RuleTrials(rules, peers, context.plugins(), context.clock()),
                        new TaskCalls(database, scheduler, tasks),
                        new RuntimeCalls(database, registrations, scheduler, tasks, operations),
                        new PluginCalls(plugins),
                        new StreamCalls(peers),
                        new SubscriptionCalls(peers),
                        new DeadLetterCalls(peers, operations, context.clock()),
                        new OperationCalls(database, operations, context.clock()),
                        new AuditCalls(database))
                .forEach(calls -> calls.routes(routes));
        routes.add("watchChanges", HttpMethod.GET, "/stream", Routes.Kind.STREAM, call -> {
            throw new IllegalStateException("a stream is not an answer");
        });
    }

    ChangeStream changes() {
        return changes;
    }

    boolean leads() {
        return leader.term().isPresent();
    }

    /** Whether somebody leads, also when its REST address is not known. */
    boolean knowsLeader() {
        return leader.leaderAddress().isPresent();
    }

    /** Of the leader, when it is another admin. */
    Optional<String> leaderUrl() {
        return leader.leaderAddress().flatMap(registrations::adminHttp).filter(there -> !there.equals(url.get()));
    }

    /** Begins what goes on by itself. */
    void start() {
        operations.start();
        retention.start();
    }

    @Override
    public void close() {
        watched.close();
        retention.close();
        operations.close();
    }

    Routes routes() {
        return routes;
    }

    /** Carries out a call, where it may be carried out. */
    Answer answer(Routes.Route route, Call call) {
        return switch (route.kind()) {
            case READ, STREAM -> unlessKnown(route.call().apply(call), call);
            case CHECK -> {
                leader.requireTerm();
                yield route.call().apply(call);
            }
            case WRITE, ACTION -> writes.run(route, call);
        };
    }

    /** Nothing, when the caller has it already. */
    private static Answer unlessKnown(Answer answer, Call call) {
        String tag = answer.headers().getOrDefault("ETag", "");
        boolean known = answer.status() == 200
                && !tag.isEmpty()
                && tag.equals(call.headers().getOrDefault("if-none-match", "").strip());
        return known ? new Answer(304, "", "", answer.headers()) : answer;
    }

    /** A refusal that names the leader where one is needed. */
    EventMeshException withLeader(EventMeshException refusal) {
        if (refusal.code() != ErrorCode.NOT_LEADER) {
            return refusal;
        }
        return leader.leaderAddress()
                .flatMap(registrations::adminHttp)
                .map(there -> new EventMeshException(
                        ErrorCode.NOT_LEADER, "admin: %s (expected: the leader, %s)".formatted(url.get(), there)))
                .orElse(refusal);
    }

    /** Where things are. */
    Answer index(Call call) {
        ObjectNode index = Json.object().put("service", "EventMesh admin");
        index.put("leads", leader.term().isPresent());
        leader.leaderAddress().flatMap(registrations::adminHttp).ifPresent(there -> index.put("leader", there));
        ArrayNode links = index.putArray("links");
        routes.table().stream()
                .filter(route -> route.kind() == Routes.Kind.READ)
                .map(Routes.Route::template)
                .filter(template -> template.indexOf('{') < 0)
                .distinct()
                .forEach(template -> links.add(Routes.BASE + template));
        links.add("/openapi.yaml");
        return Answer.ok(index);
    }

    /** What can be asked here. */
    Answer openApi(Call call) {
        try (InputStream text = RestStack.class.getResourceAsStream("/io/eventmesh/admin/api/openapi.yaml")) {
            if (text == null) {
                throw Refusals.unknown("resource", "openapi.yaml");
            }
            return new Answer(200, "application/yaml", new String(text.readAllBytes(), UTF_8), Map.of());
        } catch (IOException unreadable) {
            throw new EventMeshException(
                    ErrorCode.INTERNAL, "openapi.yaml: unreadable (expected: readable)", unreadable);
        }
    }
}
