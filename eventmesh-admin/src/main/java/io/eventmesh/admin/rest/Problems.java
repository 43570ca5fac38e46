package io.eventmesh.admin.rest;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.eventmesh.admin.definition.InvalidDocument;
import io.eventmesh.admin.definition.Json;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import java.util.Locale;
import java.util.Map;

/** How a refusal looks in HTTP: a problem document (RFC 9457). */
final class Problems {
    private static final String TYPE = "application/problem+json";

    private Problems() {}

    static Answer of(EventMeshException failure, String instance, String requestId) {
        return of(status(failure.code()), failure, instance, requestId);
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

    static int status(ErrorCode code) {
        return switch (code) {
            case EVENT_INVALID, REQUEST_INVALID -> 400;
            case UNAUTHENTICATED -> 401;
            case PERMISSION_DENIED -> 403;
            case TOPIC_NOT_FOUND, NOT_FOUND -> 404;
            case ALREADY_EXISTS, VERSION_CONFLICT, FENCED -> 409;
            case PRECONDITION_FAILED -> 412;
            case EVENT_TOO_LARGE -> 413;
            case NOT_LEADER -> 421;
            case RULE_INVALID, IDEMPOTENCY_MISMATCH, PLUGIN_UNKNOWN, CONNECTOR_CONFIG_INVALID -> 422;
            case PRECONDITION_REQUIRED -> 428;
            case RATE_LIMITED, QUOTA_EXCEEDED -> 429;
            case NOT_SUPPORTED -> 501;
            case OVERLOADED, STORAGE_UNAVAILABLE, META_UNAVAILABLE, SHUTTING_DOWN -> 503;
            case DELIVERY_FAILED -> 502;
            case DEADLINE_EXCEEDED -> 504;
            case STORAGE_FULL -> 507;
            case CONFIG_INVALID, PORT_IN_USE, STORAGE_OWNED, DATABASE_OWNED, INTERNAL, DATA_CORRUPT -> 500;
        };
    }
}
