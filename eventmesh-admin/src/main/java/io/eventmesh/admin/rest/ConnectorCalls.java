package io.eventmesh.admin.rest;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.eventmesh.admin.database.ConnectorRow;
import io.eventmesh.admin.database.Desired;
import io.eventmesh.admin.definition.ConnectorChanges;
import io.eventmesh.admin.definition.Connectors;
import io.eventmesh.admin.definition.Json;
import io.eventmesh.admin.definition.Stored;
import io.eventmesh.admin.schedule.TaskOperations;
import io.eventmesh.admin.schedule.TaskView;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.vertx.core.http.HttpMethod;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** Connectors: list, read, write, delete, check, and what is done with all their tasks. */
final class ConnectorCalls implements RestCalls {
    private static final int SECONDS = 10;

    private static final Listing<ConnectorRow> LISTING = new Listing<ConnectorRow>(
                    "name", ConnectorRow::name, row -> String.join(" ", row.name(), row.plugin(), row.topic()))
            .by("plugin", ConnectorRow::plugin)
            .by("topic", ConnectorRow::topic)
            .by("createdAt", row -> Listing.number(row.createdMillis()))
            .by("updatedAt", row -> Listing.number(row.updatedMillis()));

    private final Connectors connectors;
    private final TaskOperations operations;
    private final LiveTasks tasks;
    private final ConnectorValidation validation;

    ConnectorCalls(Connectors connectors, TaskOperations operations, LiveTasks tasks) {
        this.connectors = connectors;
        this.operations = operations;
        this.tasks = tasks;
        this.validation = new ConnectorValidation(connectors, operations);
    }

    @Override
    public void routes(Routes routes) {
        routes.read("listConnectors", "/connectors", this::list)
                .write("createConnector", HttpMethod.POST, "/connectors", this::create)
                .add(
                        "validateConnector",
                        HttpMethod.POST,
                        "/connectors:validate",
                        Routes.Kind.CHECK,
                        call -> validation.of(call, Optional.empty(), call.document()))
                .read("getConnector", "/connectors/{name}", this::get)
                .write("putConnector", HttpMethod.PUT, "/connectors/{name}", this::put)
                .write("patchConnector", HttpMethod.PATCH, "/connectors/{name}", this::patch)
                .write("deleteConnector", HttpMethod.DELETE, "/connectors/{name}", this::delete)
                .add(
                        "validateStoredConnector",
                        HttpMethod.POST,
                        "/connectors/{name}:validate",
                        Routes.Kind.CHECK,
                        this::validateStored)
                .write("pauseConnector", HttpMethod.POST, "/connectors/{name}:pause", desire(Desired.PAUSED))
                .write("resumeConnector", HttpMethod.POST, "/connectors/{name}:resume", desire(Desired.RUNNING))
                .write("stopConnector", HttpMethod.POST, "/connectors/{name}:stop", desire(Desired.STOPPED))
                .action("restartConnector", HttpMethod.POST, "/connectors/{name}:restart", this::restart);
    }

    private Answer list(Call call) {
        List<TaskView> all = tasks.all();
        Function<ConnectorRow, ObjectNode> view = row -> ConnectorDocument.of(
                row,
                all.stream()
                        .filter(task -> task.row().connectorId().equals(row.id()))
                        .toList());
        return LISTING.isPlain(call)
                ? call.page(connectors.list(call.namespace(), call.after(), call.limit() + 1), view, ConnectorRow::name)
                : LISTING.page(call, connectors.list(call.namespace(), "", Integer.MAX_VALUE), view);
    }

    private Answer get(Call call) {
        ConnectorRow row = connectors.get(call.namespace(), call.name());
        // what its tasks do changes without a revision
        return Answer.ok(ConnectorDocument.of(row, tasks.of(row.id()))).seen(Long.toString(row.revision()));
    }

    private Answer create(Call call) {
        return shown(connectors.create(call.namespace(), call.document(), call.hook()), 201);
    }

    private Answer put(Call call) {
        Stored<ConnectorRow> stored = connectors.put(
                call.namespace(), call.name(), call.document(), call.precondition(), call.flag("force"), call.hook());
        return shown(stored.row(), stored.created() ? 201 : 200);
    }

    private Answer patch(Call call) {
        ConnectorRow row = connectors
                .patch(call.namespace(), call.name(), call.document(), call.precondition(), call.hook())
                .row();
        return shown(row, 200);
    }

    private Answer delete(Call call) {
        connectors.delete(call.namespace(), call.name(), call.precondition(), call.hook());
        return Answer.empty(204);
    }

    private Answer shown(ConnectorRow row, int status) {
        return Answer.json(status, ConnectorDocument.of(row, tasks.of(row.id())))
                .revision(row.revision());
    }

    private Answer validateStored(Call call) {
        ConnectorRow row = connectors.get(call.namespace(), call.name());
        ObjectNode document = Json.object();
        document.set("spec", ConnectorChanges.spec(row));
        return validation.of(call, Optional.of(row.name()), document);
    }

    private Function<Call, Answer> desire(Desired desired) {
        return call -> shown(connectors.desire(call.namespace(), call.name(), desired, call.hook()), 202);
    }

    private Answer restart(Call call) {
        ConnectorRow row = connectors.get(call.namespace(), call.name());
        List<TaskView> owned = tasks.of(row.id()).stream()
                .filter(task -> task.row().assignment().state().isOwned())
                .toList();
        if (owned.isEmpty()) {
            throw new EventMeshException(
                    ErrorCode.PRECONDITION_FAILED,
                    "connector: nobody has a task of '%s' (expected: one at least)".formatted(row.name()));
        }
        for (TaskView task : owned) {
            Answers.of("scheduler", SECONDS, operations.restart(task.row().id()));
        }
        return shown(row, 202);
    }
}
