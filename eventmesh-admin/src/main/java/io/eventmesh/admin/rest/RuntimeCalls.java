package io.eventmesh.admin.rest;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.eventmesh.admin.database.Database;
import io.eventmesh.admin.database.RuntimeRow;
import io.eventmesh.admin.database.RuntimeTable;
import io.eventmesh.admin.definition.Json;
import io.eventmesh.admin.schedule.TaskView;
import io.eventmesh.admin.sync.Registrations;
import io.eventmesh.common.topic.Names;
import io.eventmesh.spi.meta.RuntimeRegistration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Runtimes: list, read. */
final class RuntimeCalls implements RestCalls {
    private final Database database;
    private final Registrations registrations;
    private final LiveTasks tasks;

    RuntimeCalls(Database database, Registrations registrations, LiveTasks tasks) {
        this.database = database;
        this.registrations = registrations;
        this.tasks = tasks;
    }

    @Override
    public void routes(Routes routes) {
        routes.read("listRuntimes", "/runtimes", this::list).read("getRuntime", "/runtimes/{id}", this::get);
    }

    private Answer list(Call call) {
        return call.pageOf(
                runtimes(),
                runtime -> runtime,
                runtime -> runtime.at("/metadata/name").asText());
    }

    private Answer get(Call call) {
        return Answer.ok(runtimes().stream()
                .filter(runtime -> runtime.at("/metadata/name").asText().equals(call.path("id")))
                .findFirst()
                .orElseThrow(() -> Refusals.unknown("runtime", call.path("id"))));
    }

    private List<ObjectNode> runtimes() {
        Map<String, RuntimeRow> rows = new TreeMap<>();
        database.transaction(RuntimeTable::all).forEach(row -> rows.put(row.id(), row));
        Map<String, RuntimeRegistration> registered = registrations.all();
        TreeMap<String, Boolean> ids = new TreeMap<>();
        rows.keySet().forEach(id -> ids.put(id, true));
        registered.keySet().forEach(id -> ids.put(id, true));
        List<TaskView> all = tasks.all();
        List<ObjectNode> runtimes = new ArrayList<>();
        for (String id : ids.keySet()) {
            runtimes.add(runtime(id, Optional.ofNullable(rows.get(id)), Optional.ofNullable(registered.get(id)), all));
        }
        return runtimes;
    }

    private static ObjectNode runtime(
            String id, Optional<RuntimeRow> row, Optional<RuntimeRegistration> registration, List<TaskView> tasks) {
        ObjectNode resource = Json.object();
        RuntimeRow.Marks marks = row.map(RuntimeRow::marks).orElse(RuntimeRow.Marks.NONE);
        Documents.metadata(
                resource,
                id,
                Names.DEFAULT_NAMESPACE,
                row.map(RuntimeRow::labels).orElse("{}"),
                marks.revision());
        resource.putObject("spec")
                .put("schedulable", !marks.cordoned() && !marks.drained())
                .put("draining", marks.drained());
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
            status.put("startedAt", Documents.time(runtime.startedMillis()));
            ObjectNode endpoints = status.putObject("endpoints");
            new TreeMap<>(runtime.endpoints()).forEach(endpoints::put);
        });
        row.ifPresent(known -> status.put("address", known.address())
                .put("slots", known.slots())
                .put("changedAt", Documents.time(known.lastSeenMillis())));
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
}
