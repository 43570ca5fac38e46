package io.eventmesh.admin.rest;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.eventmesh.admin.database.Database;
import io.eventmesh.admin.database.OperationRow;
import io.eventmesh.admin.database.OperationTable;
import io.eventmesh.admin.definition.Change;
import io.eventmesh.admin.definition.Json;
import io.eventmesh.admin.schedule.OperationRunner;
import io.eventmesh.common.time.MeshClock;
import io.vertx.core.http.HttpMethod;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Work that takes longer than a call: list, read, cancel. */
final class OperationCalls implements RestCalls {
    private final Database database;
    private final OperationRunner runner;
    private final MeshClock clock;

    OperationCalls(Database database, OperationRunner runner, MeshClock clock) {
        this.database = database;
        this.runner = runner;
        this.clock = clock;
    }

    @Override
    public void routes(Routes routes) {
        routes.read("listOperations", "/operations", this::list)
                .read("getOperation", "/operations/{id}", this::get)
                .write("cancelOperation", HttpMethod.POST, "/operations/{id}:cancel", this::cancel);
    }

    private Answer list(Call call) {
        String[] after = call.after().split(" ", 2);
        long before = after.length == 2 ? number(after[0], call) : Long.MAX_VALUE;
        List<OperationRow> rows = database.transaction(handle -> OperationTable.list(
                handle,
                call.asked("kind").orElse("").toUpperCase(Locale.ROOT),
                call.asked("state").orElse("").toUpperCase(Locale.ROOT),
                before,
                after.length == 2 ? after[1] : "",
                call.limit() + 1));
        return call.page(rows, OperationCalls::document, row -> row.createdMillis() + " " + row.id());
    }

    private static long number(String text, Call call) {
        try {
            return Long.parseLong(text);
        } catch (NumberFormatException foreign) {
            throw Refusals.invalid("cursor", call.query().getOrDefault("cursor", ""), "a nextCursor as answered");
        }
    }

    private Answer get(Call call) {
        OperationRow row = find(call.path("id"));
        return Answer.ok(document(row)).revision(row.revision());
    }

    private OperationRow find(String id) {
        return database.transaction(handle -> OperationTable.find(handle, id))
                .orElseThrow(() -> Refusals.unknown("operation", id));
    }

    private Answer cancel(Call call) {
        String id = call.path("id");
        OperationRow row = runner.underTerm(handle -> {
            OperationRow before = OperationTable.find(handle, id).orElseThrow(() -> Refusals.unknown("operation", id));
            if (!before.cancelled()) {
                OperationTable.cancel(handle, id, clock.millis());
            }
            OperationRow after = OperationTable.find(handle, id).orElse(before);
            call.hook()
                    .stored(
                            handle,
                            new Change(
                                    before.namespace(),
                                    "operations/" + id,
                                    before.revision(),
                                    after.revision(),
                                    document(before).toString(),
                                    document(after).toString(),
                                    List.of(),
                                    List.of()));
            return after;
        });
        runner.look();
        return Answer.json(202, document(row)).revision(row.revision());
    }

    /** The answer to a call that began an operation. */
    static Answer accepted(OperationRow row) {
        Map<String, String> headers = new LinkedHashMap<>();
        headers.put("Location", Routes.BASE + "/operations/" + row.id());
        headers.put("Retry-After", "1");
        return new Answer(202, "application/json", document(row).toString(), headers);
    }

    static ObjectNode document(OperationRow row) {
        ObjectNode operation = Json.object()
                .put("id", row.id())
                .put("kind", row.kind())
                .put("state", row.state().name())
                .put("namespace", row.namespace())
                .put("resource", row.resource());
        operation.set("request", Json.stored(row.request()));
        operation
                .putObject("progress")
                .put("done", row.done())
                .put("total", row.total())
                .put("failed", row.failed())
                .put("skipped", row.skipped());
        operation.set("result", row.result() == null ? null : Json.stored(row.result()));
        return operation
                .put("error", row.error())
                .put("cancelled", row.cancelled())
                .put("createdBy", row.createdBy())
                .put("createdAt", Documents.time(row.createdMillis()))
                .put("updatedAt", Documents.time(row.updatedMillis()));
    }
}
