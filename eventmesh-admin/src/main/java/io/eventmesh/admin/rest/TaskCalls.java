package io.eventmesh.admin.rest;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.eventmesh.admin.database.Assignment;
import io.eventmesh.admin.database.Database;
import io.eventmesh.admin.database.Desired;
import io.eventmesh.admin.database.TaskTable;
import io.eventmesh.admin.database.TaskTable.TaskEvent;
import io.eventmesh.admin.definition.Json;
import io.eventmesh.admin.schedule.TaskOperations;
import io.eventmesh.admin.schedule.TaskView;
import io.vertx.core.http.HttpMethod;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/** Tasks and who has them: list, read, and what is done with them. */
final class TaskCalls implements RestCalls {
    private static final int EVENTS_SHOWN = 10;
    private static final int SECONDS = 10;

    private static final Listing<TaskView> LISTING = new Listing<TaskView>(
                    "id",
                    task -> task.row().id(),
                    task -> task.row().id() + " " + task.row().connector())
            .by(
                    "connector",
                    task -> task.row().connector() + " "
                            + Listing.number(task.row().ordinal()))
            .by("runtime", task -> String.valueOf(task.row().assignment().runtime()))
            .by("state", TaskDocument::state)
            .by("since", task -> Listing.number(task.row().assignment().sinceMillis()));

    private final Database database;
    private final TaskOperations operations;
    private final LiveTasks tasks;

    TaskCalls(Database database, TaskOperations operations, LiveTasks tasks) {
        this.database = database;
        this.operations = operations;
        this.tasks = tasks;
    }

    @Override
    public void routes(Routes routes) {
        routes.read("listTasks", "/tasks", this::list)
                .read("getTask", "/tasks/{id}", this::get)
                .read("listTaskEvents", "/tasks/{id}/events", this::events)
                .action("pauseTask", HttpMethod.POST, "/tasks/{id}:pause", call -> desire(call, Desired.PAUSED))
                .action("stopTask", HttpMethod.POST, "/tasks/{id}:stop", call -> desire(call, Desired.STOPPED))
                .action("resumeTask", HttpMethod.POST, "/tasks/{id}:resume", this::resume)
                .action("restartTask", HttpMethod.POST, "/tasks/{id}:restart", this::restart)
                .action("moveTask", HttpMethod.POST, "/tasks/{id}:move", this::move)
                .read("listAssignments", "/assignments", this::assignments);
    }

    private Answer list(Call call) {
        return LISTING.page(call, wanted(call), task -> TaskDocument.of(task, List.of()));
    }

    /** Those of the namespace and, when it is named, of the connector. */
    private List<TaskView> wanted(Call call) {
        String namespace = call.namespace();
        Optional<String> connector = call.asked("connector");
        return tasks.all().stream()
                .filter(task -> task.row().namespace().equals(namespace))
                .filter(task ->
                        connector.isEmpty() || connector.get().equals(task.row().connector()))
                .toList();
    }

    private Answer get(Call call) {
        return shown(200, tasks.one(call.path("id")));
    }

    private Answer shown(int status, TaskView task) {
        String id = task.row().id();
        List<TaskEvent> newest =
                database.transaction(handle -> TaskTable.events(handle, id, Long.MAX_VALUE, EVENTS_SHOWN));
        Answer answer = Answer.json(status, TaskDocument.of(task, newest));
        return answer.seen(
                task.row().assignment().epoch() + "-" + task.row().wishes().revision());
    }

    private Answer events(Call call) {
        String id = call.path("id");
        long before = call.afterNumber(Long.MAX_VALUE);
        List<TaskEvent> rows = database.transaction(handle -> {
            if (TaskTable.find(handle, id).isEmpty()) {
                throw Refusals.unknown("task", id);
            }
            return TaskTable.events(handle, id, before, call.limit() + 1);
        });
        return call.page(rows, TaskDocument::event, row -> Long.toString(row.id()));
    }

    private Answer desire(Call call, Desired desired) {
        return done(operations.desire(call.path("id"), desired));
    }

    private Answer resume(Call call) {
        return done(operations.desire(call.path("id"), null));
    }

    private Answer restart(Call call) {
        return done(operations.restart(call.path("id")));
    }

    private Answer move(Call call) {
        ObjectNode body = call.documentIfAny();
        for (Iterator<String> names = body.fieldNames(); names.hasNext(); ) {
            String name = names.next();
            if (!name.equals("runtime") || !body.get(name).isTextual()) {
                throw Refusals.invalid("body", name, "runtime, a string, and nothing else");
            }
        }
        return done(operations.move(call.path("id"), body.path("runtime").asText("")));
    }

    private Answer done(CompletionStage<TaskView> stage) {
        return shown(202, Answers.of("scheduler", SECONDS, stage));
    }

    private Answer assignments(Call call) {
        Optional<String> runtime = call.asked("runtime");
        List<TaskView> some = wanted(call).stream()
                .filter(task -> runtime.isEmpty()
                        || runtime.get().equals(task.row().assignment().runtime()))
                .toList();
        return LISTING.page(call, some, TaskCalls::assignment);
    }

    private static ObjectNode assignment(TaskView task) {
        Assignment right = task.row().assignment();
        ObjectNode document = Json.object()
                .put("task", task.row().id())
                .put("namespace", task.row().namespace())
                .put("connector", task.row().connector())
                .put("ordinal", task.row().ordinal())
                .put("state", right.state().name())
                .put("term", right.term())
                .put("epoch", right.epoch())
                .put("since", Documents.time(right.sinceMillis()))
                .put("desired", TaskDocument.desired(task));
        if (right.runtime() != null) {
            document.put("runtime", right.runtime()).put("incarnation", right.incarnation());
        }
        if (right.lastRuntime() != null) {
            document.put("lastRuntime", right.lastRuntime());
        }
        if (!task.reason().isEmpty()) {
            document.put("reason", task.reason());
        }
        return document;
    }
}
