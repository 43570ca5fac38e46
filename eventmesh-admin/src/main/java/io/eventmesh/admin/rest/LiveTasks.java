package io.eventmesh.admin.rest;

import io.eventmesh.admin.database.Database;
import io.eventmesh.admin.database.TaskRow;
import io.eventmesh.admin.database.TaskTable;
import io.eventmesh.admin.schedule.TaskOperations;
import io.eventmesh.admin.schedule.TaskView;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

/** Tasks as they are now: from the leader, which knows what runtimes report; elsewhere from the database. Thread-safe. */
final class LiveTasks {
    private static final int SECONDS = 5;

    private final Database database;
    private final TaskOperations operations;

    LiveTasks(Database database, TaskOperations operations) {
        this.database = database;
        this.operations = operations;
    }

    /** In the order of connector and ordinal. */
    List<TaskView> all() {
        Map<String, TaskView> live = new HashMap<>();
        asked(operations::tasks)
                .orElse(List.of())
                .forEach(view -> live.put(view.row().id(), view));
        return database.transaction(TaskTable::all).stream()
                .map(row -> newest(row, Optional.ofNullable(live.get(row.id()))))
                .toList();
    }

    /** Those of a connector, by its id. */
    List<TaskView> of(String connectorId) {
        return all().stream()
                .filter(task -> task.row().connectorId().equals(connectorId))
                .toList();
    }

    /** @throws EventMeshException NOT_FOUND */
    TaskView one(String id) {
        TaskRow row = database.transaction(handle -> TaskTable.find(handle, id))
                .orElseThrow(() -> Refusals.unknown("task", id));
        return newest(row, asked(() -> operations.task(id)));
    }

    /** A change is shown as soon as it is stored, also when the leader's board has yet to hear of it. */
    private static TaskView newest(TaskRow stored, Optional<TaskView> live) {
        return live.filter(view ->
                        view.row().assignment().epoch() >= stored.assignment().epoch())
                .map(view -> view.row().equals(stored) ? view : new TaskView(stored, view.reason(), view.report()))
                .orElse(new TaskView(stored, "", Optional.empty()));
    }

    /** What the leader says; nothing at another admin, or when it does not know what was asked for yet. */
    private static <T> Optional<T> asked(Supplier<CompletionStage<T>> question) {
        try {
            return Optional.of(Answers.of("scheduler", SECONDS, question.get()));
        } catch (EventMeshException refused) {
            if (refused.code() == ErrorCode.NOT_LEADER || refused.code() == ErrorCode.NOT_FOUND) {
                return Optional.empty();
            }
            throw refused;
        }
    }
}
