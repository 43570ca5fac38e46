package io.eventmesh.admin.rest;

import io.eventmesh.admin.database.ConnectorRow;
import io.eventmesh.admin.definition.Connectors;
import io.eventmesh.admin.definition.Stored;
import io.eventmesh.admin.schedule.TaskView;
import io.vertx.core.http.HttpMethod;
import java.util.List;

/** Connectors: list, read, write, delete. */
final class ConnectorCalls implements RestCalls {
    private final Connectors connectors;
    private final LiveTasks tasks;

    ConnectorCalls(Connectors connectors, LiveTasks tasks) {
        this.connectors = connectors;
        this.tasks = tasks;
    }

    @Override
    public void routes(Routes routes) {
        routes.read("listConnectors", "/connectors", this::list)
                .write("createConnector", HttpMethod.POST, "/connectors", this::create)
                .read("getConnector", "/connectors/{name}", this::get)
                .write("putConnector", HttpMethod.PUT, "/connectors/{name}", this::put)
                .write("deleteConnector", HttpMethod.DELETE, "/connectors/{name}", this::delete);
    }

    private Answer list(Call call) {
        List<TaskView> all = tasks.all();
        return call.page(
                connectors.list(call.namespace(), call.after(), call.limit() + 1),
                row -> ConnectorDocument.of(row, of(row, all)),
                ConnectorRow::name);
    }

    private Answer get(Call call) {
        return shown(connectors.get(call.namespace(), call.name()), 200);
    }

    private Answer create(Call call) {
        return shown(connectors.create(call.namespace(), call.document(), call.hook()), 201);
    }

    private Answer put(Call call) {
        Stored<ConnectorRow> stored =
                connectors.put(call.namespace(), call.name(), call.document(), call.precondition(), call.hook());
        return shown(stored.row(), stored.created() ? 201 : 200);
    }

    private Answer delete(Call call) {
        connectors.delete(call.namespace(), call.name(), call.precondition(), call.hook());
        return Answer.empty(204);
    }

    private Answer shown(ConnectorRow row, int status) {
        return Answer.json(status, ConnectorDocument.of(row, of(row, tasks.all())))
                .revision(row.revision());
    }

    private static List<TaskView> of(ConnectorRow connector, List<TaskView> tasks) {
        return tasks.stream()
                .filter(task -> task.row().connectorId().equals(connector.id()))
                .toList();
    }
}
