package io.eventmesh.admin.rest;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.eventmesh.admin.database.ConnectorRow;
import io.eventmesh.admin.database.Database;
import io.eventmesh.admin.database.RuleRow;
import io.eventmesh.admin.database.RuntimeRow;
import io.eventmesh.admin.database.RuntimeTable;
import io.eventmesh.admin.database.TaskTable;
import io.eventmesh.admin.definition.ConnectorPlugins;
import io.eventmesh.admin.definition.Connectors;
import io.eventmesh.admin.definition.Json;
import io.eventmesh.admin.definition.Rules;
import io.eventmesh.admin.definition.Stored;
import io.eventmesh.admin.schedule.Board;
import io.eventmesh.admin.schedule.Leader;
import io.eventmesh.admin.schedule.TaskView;
import io.eventmesh.admin.sync.MeshPeers;
import io.eventmesh.admin.sync.Registrations;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.Names;
import io.eventmesh.spi.meta.RuntimeRegistration;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** What each REST call does, off the event loop. Blocks on the database. */
final class Calls {
    private static final int EVENTS_SHOWN = 50;
    private static final int SECONDS = 5;

    private final Database database;
    private final Leader leader;
    private final Connectors connectors;
    private final Rules rules;
    private final ConnectorPlugins plugins;
    private final Registrations registrations;
    private final MeshPeers peers;

    Calls(
            Database database,
            Leader leader,
            Connectors connectors,
            Rules rules,
            ConnectorPlugins plugins,
            Registrations registrations,
            MeshPeers peers) {
        this.database = database;
        this.leader = leader;
        this.connectors = connectors;
        this.rules = rules;
        this.plugins = plugins;
        this.registrations = registrations;
        this.peers = peers;
    }

    // Connectors

    Answer listConnectors(Call call) {
        List<TaskView> tasks = tasks();
        return call.page(
                connectors.list(call.namespace(), call.after(), call.limit() + 1),
                row -> Resources.connector(row, of(row, tasks)),
                ConnectorRow::name);
    }

    Answer getConnector(Call call) {
        return shown(connectors.get(call.namespace(), call.name()), 200);
    }

    Answer postConnector(Call call) {
        return shown(connectors.create(call.namespace(), call.document()), 201);
    }

    Answer putConnector(Call call) {
        Stored<ConnectorRow> stored =
                connectors.put(call.namespace(), call.name(), call.document(), call.precondition());
        return shown(stored.row(), stored.created() ? 201 : 200);
    }

    Answer deleteConnector(Call call) {
        connectors.delete(call.namespace(), call.name(), call.precondition());
        return Answer.empty(204);
    }

    private Answer shown(ConnectorRow row, int status) {
        return Answer.json(status, Resources.connector(row, of(row, tasks()))).revision(row.revision());
    }

    private static List<TaskView> of(ConnectorRow connector, List<TaskView> tasks) {
        return tasks.stream()
                .filter(task -> task.row().connectorId().equals(connector.id()))
                .toList();
    }

    // Rules

    Answer listRules(Call call) {
        return call.page(rules.list(call.namespace(), call.after(), call.limit() + 1), Resources::rule, RuleRow::name);
    }

    Answer getRule(Call call) {
        return shown(rules.get(call.namespace(), call.name()), 200);
    }

    Answer postRule(Call call) {
        return shown(rules.create(call.namespace(), call.document()), 201);
    }

    Answer putRule(Call call) {
        Stored<RuleRow> stored = rules.put(call.namespace(), call.name(), call.document(), call.precondition());
        return shown(stored.row(), stored.created() ? 201 : 200);
    }

    Answer deleteRule(Call call) {
        rules.delete(call.namespace(), call.name(), call.precondition());
        return Answer.empty(204);
    }

    private static Answer shown(RuleRow row, int status) {
        return Answer.json(status, Resources.rule(row)).revision(row.revision());
    }

    // Tasks

    Answer listTasks(Call call) {
        String namespace = call.namespace();
        Optional<String> connector = Optional.ofNullable(call.query().get("connector"));
        List<TaskView> wanted = tasks().stream()
                .filter(task -> task.row().namespace().equals(namespace))
                .filter(task ->
                        connector.isEmpty() || connector.get().equals(task.row().connector()))
                .sorted(Comparator.comparing((TaskView task) -> task.row().id()))
                .toList();
        return call.pageOf(
                wanted,
                task -> Resources.task(task, List.of()),
                task -> task.row().id());
    }

    Answer getTask(Call call) {
        TaskView view = tasks().stream()
                .filter(task -> task.row().id().equals(call.name()))
                .findFirst()
                .orElseThrow(() -> unknown("task", call.name()));
        return Answer.ok(Resources.task(
                view, database.transaction(handle -> TaskTable.events(handle, call.name(), EVENTS_SHOWN))));
    }

    Answer restartTask(Call call) {
        leader.requireTerm();
        boolean owned = await(leader.ask(board -> board.restart(call.name())));
        if (!owned && tasks().stream().noneMatch(task -> task.row().id().equals(call.name()))) {
            throw unknown("task", call.name());
        }
        return Answer.empty(202);
    }

    /** From the leader's board, which knows what runtimes report; elsewhere from the database. */
    private List<TaskView> tasks() {
        if (leader.term().isPresent()) {
            try {
                // a change is shown as soon as it is stored, also when the board has yet to hear of it
                Map<String, TaskView> live = new TreeMap<>();
                await(leader.ask(Board::tasks))
                        .forEach(view -> live.put(view.row().id(), view));
                return database.transaction(TaskTable::all).stream()
                        .map(row -> Optional.ofNullable(live.get(row.id()))
                                .filter(view -> view.row().assignment().epoch()
                                        >= row.assignment().epoch())
                                .orElse(new TaskView(row, "", Optional.empty())))
                        .toList();
            } catch (EventMeshException notNow) {
                if (notNow.code() != ErrorCode.NOT_LEADER) {
                    throw notNow;
                }
            }
        }
        return database.transaction(TaskTable::all).stream()
                .map(row -> new TaskView(row, "", Optional.empty()))
                .toList();
    }

    // Runtimes, plugins, streams, subscriptions

    Answer listRuntimes(Call call) {
        return call.pageOf(
                runtimes(),
                runtime -> runtime,
                runtime -> runtime.at("/metadata/name").asText());
    }

    Answer getRuntime(Call call) {
        return Answer.ok(runtimes().stream()
                .filter(runtime -> runtime.at("/metadata/name").asText().equals(call.name()))
                .findFirst()
                .orElseThrow(() -> unknown("runtime", call.name())));
    }

    private List<ObjectNode> runtimes() {
        Map<String, RuntimeRow> rows = new TreeMap<>();
        database.transaction(RuntimeTable::all).forEach(row -> rows.put(row.id(), row));
        Map<String, RuntimeRegistration> registered = registrations.all();
        TreeMap<String, Boolean> ids = new TreeMap<>();
        rows.keySet().forEach(id -> ids.put(id, true));
        registered.keySet().forEach(id -> ids.put(id, true));
        List<TaskView> tasks = tasks();
        List<ObjectNode> runtimes = new ArrayList<>();
        for (String id : ids.keySet()) {
            runtimes.add(
                    runtime(id, Optional.ofNullable(rows.get(id)), Optional.ofNullable(registered.get(id)), tasks));
        }
        return runtimes;
    }

    private static ObjectNode runtime(
            String id, Optional<RuntimeRow> row, Optional<RuntimeRegistration> registration, List<TaskView> tasks) {
        ObjectNode resource = Json.object();
        Resources.metadata(resource, id, Names.DEFAULT_NAMESPACE, "{}", 0);
        resource.putObject("spec");
        ObjectNode status = resource.putObject("status");
        status.put("state", row.map(RuntimeRow::state).orElse("REGISTERED"));
        status.put("registered", registration.isPresent());
        ArrayNode roles = status.putArray("roles");
        registration
                .map(RuntimeRegistration::roles)
                .or(() -> row.map(RuntimeRow::roleNames))
                .orElse(List.of())
                .forEach(roles::add);
        registration.ifPresent(runtime -> {
            status.put("version", runtime.version());
            status.put("startedAt", Resources.time(runtime.startedMillis()));
            ObjectNode endpoints = status.putObject("endpoints");
            new TreeMap<>(runtime.endpoints()).forEach(endpoints::put);
        });
        row.ifPresent(known -> status.put("address", known.address())
                .put("slots", known.slots())
                .put("changedAt", Resources.time(known.lastSeenMillis())));
        registration
                .map(RuntimeRegistration::incarnation)
                .or(() -> row.map(RuntimeRow::incarnation))
                .ifPresent(incarnation -> status.put("incarnation", incarnation));
        ArrayNode owned = status.putArray("tasks");
        tasks.stream()
                .filter(task -> id.equals(task.row().assignment().runtime()))
                .forEach(task -> owned.addObject()
                        .put("id", task.row().id())
                        .put("connector", task.row().connector())
                        .put("ordinal", task.row().ordinal()));
        return resource;
    }

    Answer listPlugins(Call call) {
        return call.pageOf(
                plugins.all(),
                Resources::plugin,
                known -> known.plugin().kind() + "/" + known.plugin().name());
    }

    Answer listStreams(Call call) {
        String namespace = call.namespace();
        return call.pageOf(
                peers.streams().stream()
                        .filter(stream -> stream.name().namespace().equals(namespace))
                        .toList(),
                Resources::stream,
                stream -> stream.name().name());
    }

    Answer listSubscriptions(Call call) {
        String namespace = call.namespace();
        return call.pageOf(
                peers.subscriptions().stream()
                        .filter(one -> one.name().namespace().equals(namespace))
                        .toList(),
                Resources::subscription,
                one -> one.name().toString());
    }

    /** Where things are. */
    Answer index(Call call) {
        ObjectNode index = Json.object().put("service", "EventMesh admin");
        index.put("leads", leader.term().isPresent());
        leader.leaderAddress().flatMap(registrations::adminHttp).ifPresent(url -> index.put("leader", url));
        ArrayNode links = index.putArray("links");
        List.of("connectors", "rules", "tasks", "runtimes", "plugins", "streams", "subscriptions")
                .forEach(name -> links.add("/api/v1/" + name));
        links.add("/openapi.yaml");
        return Answer.ok(index);
    }

    /** What can be asked here. */
    Answer openApi(Call call) {
        try (InputStream text = Calls.class.getResourceAsStream("/io/eventmesh/admin/api/openapi.yaml")) {
            if (text == null) {
                throw unknown("resource", "openapi.yaml");
            }
            return new Answer(200, "application/yaml", new String(text.readAllBytes(), UTF_8), Map.of());
        } catch (IOException unreadable) {
            throw new EventMeshException(
                    ErrorCode.INTERNAL, "openapi.yaml: unreadable (expected: readable)", unreadable);
        }
    }

    private static <T> T await(CompletableFuture<T> answer) {
        try {
            return answer.get(SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException failure) {
            throw EventMeshException.of(failure);
        } catch (TimeoutException late) {
            throw new EventMeshException(
                    ErrorCode.DEADLINE_EXCEEDED,
                    "scheduler: no answer (expected: within %d s)".formatted(SECONDS),
                    late);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new EventMeshException(ErrorCode.SHUTTING_DOWN, "admin: closing (expected: running)", interrupted);
        }
    }

    private static EventMeshException unknown(String what, String name) {
        return new EventMeshException(
                ErrorCode.NOT_FOUND, "%s: '%s' (expected: an existing one)".formatted(what, Names.shown(name)));
    }
}
