package io.eventmesh.admin.rest;

import io.eventmesh.admin.database.Database;
import io.eventmesh.admin.database.TaskTable;
import io.eventmesh.admin.schedule.Leader;
import io.eventmesh.admin.schedule.TaskView;
import io.vertx.core.http.HttpMethod;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** Tasks: list, read, and what is done with them. */
final class TaskCalls implements RestCalls {
    private static final int EVENTS_SHOWN = 50;
    private static final int SECONDS = 5;

    private final Database database;
    private final Leader leader;
    private final LiveTasks tasks;

    TaskCalls(Database database, Leader leader, LiveTasks tasks) {
        this.database = database;
        this.leader = leader;
        this.tasks = tasks;
    }

    @Override
    public void routes(Routes routes) {
        routes.read("listTasks", "/tasks", this::list)
                .read("getTask", "/tasks/{id}", this::get)
                .action("restartTask", HttpMethod.POST, "/tasks/{id}:restart", this::restart);
    }

    private Answer list(Call call) {
        String namespace = call.namespace();
        Optional<String> connector = Optional.ofNullable(call.query().get("connector"));
        List<TaskView> wanted = tasks.all().stream()
                .filter(task -> task.row().namespace().equals(namespace))
                .filter(task ->
                        connector.isEmpty() || connector.get().equals(task.row().connector()))
                .sorted(Comparator.comparing((TaskView task) -> task.row().id()))
                .toList();
        return call.pageOf(
                wanted,
                task -> TaskDocument.of(task, List.of()),
                task -> task.row().id());
    }

    private Answer get(Call call) {
        TaskView view = tasks.all().stream()
                .filter(task -> task.row().id().equals(call.path("id")))
                .findFirst()
                .orElseThrow(() -> Refusals.unknown("task", call.path("id")));
        return Answer.ok(TaskDocument.of(
                view, database.transaction(handle -> TaskTable.events(handle, call.path("id"), EVENTS_SHOWN))));
    }

    private Answer restart(Call call) {
        Answers.of(
                "scheduler",
                SECONDS,
                leader.operations().restart(call.path("id")).toCompletableFuture());
        return Answer.empty(202);
    }
}
