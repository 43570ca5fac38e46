package io.eventmesh.admin.rest;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.eventmesh.admin.database.ConnectorRow;
import io.eventmesh.admin.database.Desired;
import io.eventmesh.admin.definition.ConnectorChanges;
import io.eventmesh.admin.definition.Json;
import io.eventmesh.admin.schedule.Report.RunState;
import io.eventmesh.admin.schedule.TaskView;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** How a connector is shown. */
final class ConnectorDocument {
    private ConnectorDocument() {}

    /** @param tasks of this connector */
    static ObjectNode of(ConnectorRow row, List<TaskView> tasks) {
        ObjectNode resource = Json.object();
        Documents.metadata(resource, row.name(), row.namespace(), row.labels(), row.revision())
                .put("generation", row.configRev())
                .put("createdAt", Documents.time(row.createdMillis()))
                .put("updatedAt", Documents.time(row.updatedMillis()));
        resource.set("spec", ConnectorChanges.spec(row));
        ObjectNode status = resource.putObject("status");
        status.put(
                "observedGeneration",
                tasks.stream()
                        .mapToLong(task ->
                                task.report().map(told -> told.configRev()).orElse(0L))
                        .min()
                        .orElse(row.configRev()));
        ArrayNode conditions = status.putArray("conditions");
        condition(conditions, row, tasks);
        conditions
                .addObject()
                .put("type", "Valid")
                .put("status", row.invalid().isEmpty() ? "True" : "False")
                .put("reason", row.invalid().isEmpty() ? "Checked" : "Invalid")
                .put("message", row.invalid());
        ArrayNode parts = status.putArray("tasks");
        tasks.forEach(
                task -> parts.add(TaskDocument.status(task).put("id", task.row().id())));
        return resource;
    }

    private static void condition(ArrayNode conditions, ConnectorRow row, List<TaskView> tasks) {
        ObjectNode ready = conditions.addObject().put("type", "Ready");
        if (row.deleting()) {
            ready.put("status", "False").put("reason", "Deleting").put("message", "its tasks are told to stop");
            return;
        }
        for (TaskView task : tasks) {
            Optional<String> error = task.report()
                    .filter(told -> told.state() == RunState.FAILED || told.state() == RunState.BACKOFF)
                    .map(told -> told.error());
            if (error.isPresent()) {
                ready.put("status", "False").put("reason", "TaskFails").put("message", error.get());
                return;
            }
            if (row.desired() != Desired.STOPPED && !task.reason().isEmpty()) {
                ready.put("status", "False").put("reason", "NotPlaced").put("message", task.reason());
                return;
            }
        }
        boolean done = tasks.stream().allMatch(task -> isAsDesired(row.desired(), task));
        String wanted = row.desired().name().charAt(0)
                + row.desired().name().substring(1).toLowerCase(Locale.ROOT);
        ready.put("status", done ? "True" : "False")
                .put("reason", done ? wanted : "Changing")
                .put("message", "");
    }

    private static boolean isAsDesired(Desired desired, TaskView task) {
        String state = TaskDocument.state(task);
        return switch (desired) {
            case RUNNING -> state.equals("RUNNING");
            case PAUSED -> state.equals("PAUSED");
            case STOPPED -> !task.row().assignment().state().isOwned();
        };
    }
}
