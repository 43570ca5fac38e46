package io.eventmesh.admin.rest;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.eventmesh.admin.database.Assignment;
import io.eventmesh.admin.database.ConnectorRow;
import io.eventmesh.admin.database.Desired;
import io.eventmesh.admin.database.RuleRow;
import io.eventmesh.admin.database.TaskTable;
import io.eventmesh.admin.definition.ConnectorPlugins;
import io.eventmesh.admin.definition.Json;
import io.eventmesh.admin.schedule.Report.RunState;
import io.eventmesh.admin.schedule.TaskView;
import io.eventmesh.spi.mesh.StreamStatus;
import io.eventmesh.spi.mesh.SubscriptionStatus;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** What people see of the things that the admin knows: {@code {metadata, spec, status}}. */
final class Resources {
    private Resources() {}

    /** @param tasks of this connector */
    static ObjectNode connector(ConnectorRow row, List<TaskView> tasks) {
        ObjectNode resource = Json.object();
        metadata(resource, row.name(), row.namespace(), row.labels(), row.revision())
                .put("createdAt", time(row.createdMillis()))
                .put("updatedAt", time(row.updatedMillis()));
        resource.putObject("spec")
                .put("plugin", row.plugin())
                .put("kind", row.kind())
                .put("topic", row.topic())
                .put("tasksMax", row.tasksMax())
                .put("desired", row.desired().name())
                .set("config", Json.stored(row.config()));
        ObjectNode status = resource.putObject("status");
        status.put(
                "observedGeneration",
                tasks.stream()
                        .mapToLong(task -> task.row().connectorRevision())
                        .min()
                        .orElse(row.revision()));
        condition(status.putArray("conditions"), row, tasks);
        ArrayNode parts = status.putArray("tasks");
        tasks.forEach(task -> parts.add(taskStatus(task).put("id", task.row().id())));
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
        String state = state(task);
        return switch (desired) {
            case RUNNING -> state.equals("RUNNING");
            case PAUSED -> state.equals("PAUSED");
            case STOPPED -> !task.row().assignment().state().isOwned();
        };
    }

    static ObjectNode task(TaskView view, List<TaskTable.TaskEvent> events) {
        ObjectNode resource = Json.object();
        metadata(
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
        ObjectNode status = taskStatus(view);
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
                    .put("at", time(event.atMillis()))
                    .put("epoch", event.epoch())
                    .put("kind", event.kind())
                    .put("message", event.message()));
        }
        resource.set("status", status);
        return resource;
    }

    private static ObjectNode taskStatus(TaskView view) {
        Assignment right = view.row().assignment();
        ObjectNode status = Json.object()
                .put("ordinal", view.row().ordinal())
                .put("state", state(view))
                .put("assignment", right.state().name())
                .put("term", right.term())
                .put("epoch", right.epoch())
                .put("since", time(right.sinceMillis()));
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

    private static String state(TaskView view) {
        return view.report()
                .map(told -> told.state().name())
                .orElse(view.row().assignment().state().name());
    }

    static ObjectNode rule(RuleRow row) {
        ObjectNode resource = Json.object();
        metadata(resource, row.name(), row.namespace(), row.labels(), row.revision())
                .put("createdAt", time(row.createdMillis()))
                .put("updatedAt", time(row.updatedMillis()));
        resource.set("spec", Json.stored(row.spec()));
        ObjectNode status = resource.putObject("status");
        status.put("observedGeneration", row.revision());
        status.putArray("conditions")
                .addObject()
                .put("type", "Accepted")
                .put("status", "True")
                .put("reason", "Checked")
                .put("message", "");
        return resource;
    }

    static ObjectNode stream(StreamStatus stream) {
        ObjectNode resource = Json.object();
        metadata(resource, stream.name().name(), stream.name().namespace(), "{}", 0);
        resource.putObject("spec").put("partitions", stream.partitions());
        resource.putObject("status")
                .put("events", stream.events())
                .put("bytes", stream.bytes())
                .put("durability", stream.durability().name());
        return resource;
    }

    static ObjectNode subscription(SubscriptionStatus one) {
        ObjectNode resource = Json.object();
        metadata(
                resource,
                one.name().group() + "@" + one.name().pattern(),
                one.name().namespace(),
                "{}",
                0);
        resource.putObject("spec")
                .put("group", one.name().group())
                .put("pattern", one.name().pattern().value());
        resource.putObject("status")
                .put("state", one.state().name())
                .put("members", one.members())
                .put("lagEvents", one.lagEvents())
                .put("inFlight", one.inFlight())
                .put("parked", one.parked());
        return resource;
    }

    static ObjectNode plugin(ConnectorPlugins.Known known) {
        ObjectNode resource = Json.object();
        resource.put("kind", known.plugin().kind().toUpperCase(Locale.ROOT))
                .put("name", known.plugin().name())
                .put("version", known.plugin().version());
        ArrayNode runtimes = resource.putArray("runtimes");
        known.runtimes().forEach(runtimes::add);
        if (!known.plugin().schema().isEmpty()) {
            resource.set("schema", Json.stored(known.plugin().schema()));
        }
        return resource;
    }

    static ObjectNode metadata(ObjectNode resource, String name, String namespace, String labels, long revision) {
        ObjectNode metadata = resource.putObject("metadata").put("name", name).put("namespace", namespace);
        metadata.set("labels", Json.stored(labels));
        return metadata.put("revision", revision);
    }

    static String time(long millis) {
        return Instant.ofEpochMilli(millis).toString();
    }
}
