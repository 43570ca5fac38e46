package io.eventmesh.admin.rest;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.eventmesh.admin.database.AuditRow;
import io.eventmesh.admin.database.AuditTable;
import io.eventmesh.admin.database.Database;
import io.eventmesh.admin.definition.Json;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.List;

/** Who wrote what, newest first. */
final class AuditCalls implements RestCalls {
    private final Database database;

    AuditCalls(Database database) {
        this.database = database;
    }

    @Override
    public void routes(Routes routes) {
        routes.read("listAudit", "/audit", this::list);
    }

    private Answer list(Call call) {
        long before = call.afterNumber(Long.MAX_VALUE);
        long from = call.asked("from").map(AuditCalls::millis).orElse(0L);
        List<AuditRow> rows = database.transaction(handle -> AuditTable.list(
                handle,
                before,
                from,
                call.asked("actor").orElse(""),
                call.asked("resource").orElse(""),
                call.limit() + 1));
        return call.page(rows, AuditCalls::document, row -> Long.toString(row.id()));
    }

    private static long millis(String text) {
        try {
            return Instant.parse(text).toEpochMilli();
        } catch (DateTimeParseException malformed) {
            throw Refusals.invalid("from", text, "a time such as 2026-01-31T12:00:00Z");
        }
    }

    private static ObjectNode document(AuditRow row) {
        ObjectNode record = Json.object()
                .put("id", row.id())
                .put("at", Documents.time(row.atMillis()))
                .put("actor", row.actor())
                .put("actorKind", row.actorKind())
                .put("address", row.address())
                .put("requestId", row.requestId())
                .put("operation", row.operation())
                .put("namespace", row.namespace())
                .put("resource", row.resource())
                .put("outcome", row.outcome().name())
                .put("message", row.message());
        if (row.via() != null) {
            record.put("via", row.via());
        }
        if (row.code() != null) {
            record.put("code", row.code());
        }
        if (row.beforeRevision() != null) {
            record.put("beforeRevision", row.beforeRevision()).put("beforeHash", row.beforeHash());
        }
        if (row.afterRevision() != null) {
            record.put("afterRevision", row.afterRevision()).put("afterHash", row.afterHash());
        }
        return record;
    }
}
