package io.eventmesh.admin.rest;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.eventmesh.admin.database.Assignment;
import io.eventmesh.admin.database.TaskTable;
import io.eventmesh.admin.definition.Json;
import io.eventmesh.admin.schedule.TaskView;
import java.util.List;

/** How a task is shown. */
final class TaskDocument {
    private TaskDocument() {}

    static ObjectNode of(TaskView view, List<TaskTable.TaskEvent> events) {
        ObjectNode resource = Json.object();
        Documents.metadata(
                resource,
                view.row().id(),
                view.row().namespace(),
                "{}",
                view.row().assignment().epoch());
        resource.putObject("spec")
                .put("connector", view.row().connector())
                .put("kind", view.row().kind())
                .put("plugin", view.row().plugin())
                .put("ordinal", view.row().ordinal())
                .put("configRev", view.row().configRev())
                .put(
                        "desired",
                        view.row().deleting() ? "DELETED" : view.row().desired().name());
        ObjectNode status = status(view);
        status.remove("ordinal");
        view.report()
                .ifPresent(told -> status.put("observedGeneration", told.configRev())
                        .put("lag", told.lag())
                        .put("rate", told.rate())
                        .put("inFlight", told.inFlight())
                        .put("events", told.events())
                        .put("restarts", told.restarts()));
        ArrayNode conditions = status.putArray("conditions");
        boolean owned = view.row().assignment().state().isOwned();
        conditions
                .addObject()
                .put("type", "Placed")
                .put("status", owned ? "True" : "False")
                .put("reason", view.row().assignment().state().name())
                .put("message", view.reason());
        if (!events.isEmpty()) {
            ArrayNode history = status.putArray("events");
            events.forEach(event -> history.addObject()
                    .put("at", Documents.time(event.atMillis()))
                    .put("epoch", event.epoch())
                    .put("kind", event.kind())
                    .put("message", event.message()));
        }
        resource.set("status", status);
        return resource;
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
