package io.eventmesh.admin.rest;

import io.eventmesh.admin.database.Database;
import io.eventmesh.admin.database.TaskTable;
import io.eventmesh.admin.schedule.Board;
import io.eventmesh.admin.schedule.Leader;
import io.eventmesh.admin.schedule.TaskView;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Tasks as they are now. Thread-safe; blocks on the database. */
final class LiveTasks {
    private static final int SECONDS = 5;

    private final Database database;
    private final Leader leader;

    LiveTasks(Database database, Leader leader) {
        this.database = database;
        this.leader = leader;
    }

    /** From the leader's board, which knows what runtimes report; elsewhere from the database. */
    List<TaskView> all() {
        if (leader.term().isPresent()) {
            try {
                // a change is shown as soon as it is stored, also when the board has yet to hear of it
                Map<String, TaskView> live = new TreeMap<>();
                Answers.of("scheduler", SECONDS, leader.ask(Board::tasks))
                        .forEach(view -> live.put(view.row().id(), view));
                return database.transaction(TaskTable::all).stream()
                        .map(row -> Optional.ofNullable(live.get(row.id()))
                                .filter(view -> view.row().assignment().epoch()
                                        >= row.assignment().epoch())
                                .orElse(new TaskView(row, "", Optional.empty())))
                        .toList();
            } catch (EventMeshException notNow) {
                if (notNow.code() != ErrorCode.NOT_LEADER) {
                    throw notNow;
                }
            }
        }
        return database.transaction(TaskTable::all).stream()
                .map(row -> new TaskView(row, "", Optional.empty()))
                .toList();
    }

    /** @throws EventMeshException NOT_FOUND */
    TaskView one(String id) {
        return all().stream()
                .filter(task -> task.row().id().equals(id))
                .findFirst()
                .orElseThrow(() -> Refusals.unknown("task", id));
    }
}
