package io.eventmesh.admin.rest;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.eventmesh.admin.database.RuntimeRow;
import io.eventmesh.admin.definition.Json;
import io.eventmesh.admin.schedule.RuntimeView;
import io.eventmesh.admin.schedule.TaskView;
import io.eventmesh.common.topic.Names;
import io.eventmesh.spi.meta.RuntimeRegistration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The runtimes as seen at one moment: by the database, by the leader, and by the meta store.
 *
 * @param views empty at an admin that does not lead
 */
record Seen(
        TreeSet<String> ids,
        Map<String, RuntimeRow> rows,
        Map<String, RuntimeView> views,
        Map<String, RuntimeRegistration> registered,
        List<TaskView> tasks) {

    /** As the leader knows it, else as stored; empty for one that is registered only. */
    Optional<RuntimeRow> row(String id) {
        return Optional.ofNullable(rows.get(id))
                .or(() -> Optional.ofNullable(views.get(id)).map(RuntimeView::row));
    }

    /** As of now where that is known, else as stored. */
    String state(RuntimeRow row) {
        RuntimeView live = views.get(row.id());
        return live == null ? row.state() : live.state();
    }

    String state(String id) {
        return row(id).map(this::state).orElse("REGISTERED");
    }

    ObjectNode document(String id) {
        Optional<RuntimeView> live = Optional.ofNullable(views.get(id));
        Optional<RuntimeRow> row = row(id);
        Optional<RuntimeRegistration> registration = Optional.ofNullable(registered.get(id));
        RuntimeRow.Marks marks = row.map(RuntimeRow::marks).orElse(RuntimeRow.Marks.NONE);
        ObjectNode resource = Json.object();
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
        status.put("state", state(id));
        status.put("registered", registration.isPresent());
        ArrayNode roles = status.putArray("roles");
        registration
                .map(RuntimeRegistration::roles)
                .or(() -> row.map(RuntimeRow::roleNames))
                .orElse(List.of())
                .forEach(roles::add);
        registration.ifPresent(runtime -> registered(runtime, status));
        row.ifPresent(known -> status.put("address", known.address())
                .put("slots", known.slots())
                .put("changedAt", Documents.time(known.lastSeenMillis())));
        registration
                .map(RuntimeRegistration::incarnation)
                .or(() -> row.map(RuntimeRow::incarnation))
                .ifPresent(incarnation -> status.put("incarnation", incarnation));
        live.ifPresent(view -> live(view, status));
        ArrayNode owned = status.putArray("tasks");
        tasks.stream()
                .filter(task -> id.equals(task.row().assignment().runtime()))
                .forEach(task -> owned.addObject()
                        .put("id", task.row().id())
                        .put("connector", task.row().connector())
                        .put("ordinal", task.row().ordinal()));
        return resource;
    }

    private static void registered(RuntimeRegistration runtime, ObjectNode status) {
        status.put("version", runtime.version());
        status.put("startedAt", Documents.time(runtime.startedMillis()));
        ObjectNode endpoints = status.putObject("endpoints");
        new TreeMap<>(runtime.endpoints()).forEach(endpoints::put);
    }

    private static void live(RuntimeView view, ObjectNode status) {
        status.put("load", view.load());
        if (view.silentMillis() >= 0) {
            status.put("silentMillis", view.silentMillis());
        }
        if (!view.trouble().isEmpty()) {
            status.put("trouble", view.trouble());
        }
    }
}
