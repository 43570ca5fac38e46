package io.eventmesh.protocol.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.util.Locale;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes answers; refusals as problem documents.
 *
 * <p>Spec: RFC 9457, application/problem+json.
 */
final class Answers {
    static final ObjectMapper MAPPER = new ObjectMapper();
    private static final Logger log = LoggerFactory.getLogger(Answers.class);

    private Answers() {}

    static void json(HttpServerRequest request, int status, JsonNode body) {
        write(request, status, "application/json", body);
    }

    static void problem(HttpServerRequest request, EventMeshException refusal) {
        if (refusal.code() == ErrorCode.INTERNAL) {
            log.error("Request failed. method={} error={}", request.method(), refusal.reason(), refusal);
        }
        int status = HttpStatuses.of(refusal.code());
        ObjectNode body = MAPPER.createObjectNode().put("status", status);
        putProblem(body, refusal);
        switch (refusal.code().retry()) {
            case YES, LATER -> request.response().putHeader("retry-after", "1");
            case NO, ELSEWHERE, AFTER_READING, IF_IDEMPOTENT -> {
                // waiting here does not help
            }
        }
        write(request, status, "application/problem+json", body);
    }

    static void methodNotAllowed(HttpServerRequest request, String allowed) {
        request.response().putHeader("allow", allowed);
        ObjectNode body = MAPPER.createObjectNode().put("status", 405);
        putProblem(
                body,
                new EventMeshException(
                        ErrorCode.REQUEST_INVALID,
                        "method: %s (expected: %s)".formatted(request.method().name(), allowed)));
        write(request, 405, "application/problem+json", body);
    }

    /** Adds the members of a problem document except its status. */
    static void putProblem(ObjectNode body, EventMeshException refusal) {
        ErrorCode code = refusal.code();
        body.put("type", "urn:eventmesh:error:" + code.number())
                .put("title", code.name().toLowerCase(Locale.ROOT).replace('_', ' '))
                .put("detail", refusal.reason())
                .put("code", code.number())
                .put("name", code.name())
                .put("retryable", code.retryable());
    }

    private static void write(HttpServerRequest request, int status, String contentType, JsonNode body) {
        HttpServerResponse response = request.response();
        if (response.ended() || response.closed()) {
            return;
        }
        try {
            response.setStatusCode(status).putHeader("content-type", contentType);
            response.end(Buffer.buffer(MAPPER.writeValueAsBytes(body)));
        } catch (JsonProcessingException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
