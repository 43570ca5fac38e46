package io.eventmesh.admin.rest;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.eventmesh.admin.definition.Json;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.error.HttpStatuses;
import io.eventmesh.rules.spec.InvalidDocument;
import java.util.Locale;
import java.util.Map;

/** How a refusal looks in HTTP: a problem document (RFC 9457). */
final class Problems {
    private static final String TYPE = "application/problem+json";

    private Problems() {}

    static Answer of(EventMeshException failure, String instance, String requestId) {
        return of(HttpStatuses.of(failure.code()), failure, instance, requestId);
    }

    /** With another status than the code's own, where HTTP has a better word. */
    static Answer of(int status, EventMeshException failure, String instance, String requestId) {
        ErrorCode code = failure.code();
        ObjectNode problem = Json.object();
        problem.put("type", "urn:eventmesh:error:" + code.number());
        problem.put(
                "title",
                code.name().charAt(0)
                        + code.name().substring(1).toLowerCase(Locale.ROOT).replace('_', ' '));
        problem.put("status", status);
        problem.put("detail", failure.reason());
        problem.put("instance", instance);
        problem.put("code", code.number());
        problem.put("name", code.name());
        problem.put("retryable", code.retryable());
        problem.put("suggestion", failure.suggestion());
        problem.put("traceId", requestId);
        if (failure instanceof InvalidDocument invalid) {
            ArrayNode errors = problem.putArray("errors");
            invalid.fields()
                    .forEach(field ->
                            errors.addObject().put("path", field.path()).put("message", field.message()));
        }
        return new Answer(status, TYPE, problem.toString(), Map.of());
    }
}
