package io.eventmesh.admin.rest;

import com.fasterxml.jackson.databind.JsonNode;
import io.eventmesh.admin.definition.Json;
import io.eventmesh.admin.schedule.RuntimeView;
import io.eventmesh.admin.schedule.Step;
import io.eventmesh.admin.schedule.TaskOperations;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import java.time.Duration;

/** Follows a runtime that gives its tasks back, until it has none. */
final class Draining implements Step {
    static final String KIND = "DRAIN_RUNTIME";

    private static final int SECONDS = 10;
    private static final Duration PAUSE = Duration.ofMillis(500);

    private final TaskOperations operations;

    Draining(TaskOperations operations) {
        this.operations = operations;
    }

    @Override
    public Progress run(Cursor cursor) {
        JsonNode request = Json.stored(cursor.request());
        RuntimeView runtime = Answers.of(
                "scheduler", SECONDS, operations.runtime(request.path("runtime").asText()));
        if (!runtime.row().marks().drained()) {
            throw new EventMeshException(
                    ErrorCode.PRECONDITION_FAILED,
                    "runtime: '%s' is not to be drained any more (expected: draining)"
                            .formatted(runtime.row().id()));
        }
        long left = runtime.tasks();
        long before = cursor.at().isEmpty() ? request.path("tasks").asLong() : Long.parseLong(cursor.at());
        String at = Long.toString(left);
        long given = Math.max(0, before - left);
        return left == 0 ? Progress.end(at, given, null) : new Progress(at, given, 0, 0, null, false, null, PAUSE);
    }
}
