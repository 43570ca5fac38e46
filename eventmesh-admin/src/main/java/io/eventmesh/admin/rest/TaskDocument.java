package io.eventmesh.admin.rest;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.eventmesh.admin.database.Assignment;
import io.eventmesh.admin.database.Desired;
import io.eventmesh.admin.database.TaskRow;
import io.eventmesh.admin.database.TaskTable.TaskEvent;
import io.eventmesh.admin.definition.Json;
import io.eventmesh.admin.schedule.TaskView;
import java.util.List;

/** How a task is shown. */
final class TaskDocument {
    private TaskDocument() {}

    /** @param events the newest of its history, newest first; empty where that is not shown */
    static ObjectNode of(TaskView view, List<TaskEvent> events) {
        ObjectNode resource = Json.object();
        TaskRow row = view.row();
        Documents.metadata(
                        resource, row.id(), row.namespace(), "{}", row.wishes().revision())
                .put("generation", row.configRev());
        ObjectNode spec = resource.putObject("spec")
                .put("connector", row.connector())
                .put("kind", row.kind())
                .put("plugin", row.plugin())
                .put("ordinal", row.ordinal())
                .put("configRev", row.configRev())
                .put("desired", desired(view));
        Desired own = row.wishes().desired();
        if (own != null) {
            spec.put("ownDesired", own.name());
        }
        ObjectNode status = status(view);
        status.remove("ordinal");
        if (!row.wishes().failure().isEmpty()) {
            status.put("failure", row.wishes().failure());
        }
        view.report()
                .ifPresent(told -> status.put("observedGeneration", told.configRev())
                        .put("lag", told.lag())
                        .put("rate", told.rate())
                        .put("inFlight", told.inFlight())
                        .put("events", told.events())
                        .put("restarts", told.restarts()));
        boolean owned = row.assignment().state().isOwned();
        status.putArray("conditions")
                .addObject()
                .put("type", "Placed")
                .put("status", owned ? "True" : "False")
                .put("reason", row.assignment().state().name())
                .put("message", view.reason());
        if (!events.isEmpty()) {
            ArrayNode history = status.putArray("history");
            events.forEach(event -> history.add(event(event)));
        }
        resource.set("status", status);
        return resource;
    }

    static ObjectNode event(TaskEvent event) {
        ObjectNode line = Json.object()
                .put("at", Documents.time(event.atMillis()))
                .put("epoch", event.epoch())
                .put("kind", event.kind())
                .put("message", event.message());
        if (!event.stack().isEmpty()) {
            line.put("stack", event.stack());
        }
        return line;
    }

    /** What is to be done with it, by its own wish and its connector's. */
    static String desired(TaskView view) {
        return view.row().deleting() ? "DELETED" : view.row().wanted().name();
    }

    static ObjectNode status(TaskView view) {
        Assignment right = view.row().assignment();
        ObjectNode status = Json.object()
                .put("ordinal", view.row().ordinal())
                .put("state", state(view))
                .put("assignment", right.state().name())
                .put("term", right.term())
                .put("epoch", right.epoch())
                .put("since", Documents.time(right.sinceMillis()));
        if (right.runtime() != null) {
            status.put("runtime", right.runtime());
        }
        if (!view.reason().isEmpty()) {
            status.put("reason", view.reason());
        }
        view.report()
                .map(told -> told.error())
                .filter(error -> !error.isEmpty())
                .ifPresent(error -> status.put("error", error));
        return status;
    }

    static String state(TaskView view) {
        return view.report()
                .map(told -> told.state().name())
                .orElse(view.row().assignment().state().name());
    }
}
