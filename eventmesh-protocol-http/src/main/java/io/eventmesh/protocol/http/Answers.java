package io.eventmesh.protocol.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.error.HttpStatuses;
import io.eventmesh.http.EventJson;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.zip.GZIPOutputStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes answers; refusals as problem documents, large ones compressed for clients that can.
 *
 * <p>May be called by any thread. Spec: RFC 9457, application/problem+json.
 */
final class Answers {
    static final ObjectMapper MAPPER = new ObjectMapper();
    private static final Logger log = LoggerFactory.getLogger(Answers.class);
    /** Encoded once, since nearly every answer carries it. */
    static final CharSequence JSON = HttpHeaders.createOptimized("application/json");

    private static final int WORTH_COMPRESSING = 4 * 1024;

    private Answers() {}

    static Future<Void> json(HttpServerRequest request, int status, JsonNode body) {
        return write(request, status, JSON, bytes(body));
    }

    /** A batch of events that {@link EventJson#one} wrote; 204 for none. The future tells whether it left. */
    static Future<Void> events(HttpServerRequest request, List<byte[]> events) {
        request.response().putHeader("cache-control", "no-store");
        return events.isEmpty() ? empty(request) : write(request, 200, EventJson.BATCH, EventJson.batch(events));
    }

    /** 204. */
    static Future<Void> empty(HttpServerRequest request) {
        HttpServerResponse response = request.response();
        return isOver(response)
                ? Future.failedFuture("gone")
                : response.setStatusCode(204).end();
    }

    static Future<Void> problem(HttpServerRequest request, EventMeshException refusal) {
        return problem(request, HttpStatuses.of(refusal.code()), refusal);
    }

    /** A refusal under another status than its code's own. */
    static Future<Void> problem(HttpServerRequest request, int status, EventMeshException refusal) {
        if (refusal.code() == ErrorCode.INTERNAL) {
            log.error("Request failed. method={} error={}", request.method(), refusal.reason(), refusal);
        }
        HttpServerResponse response = request.response();
        if (isOver(response)) {
            return Future.failedFuture("gone");
        }
        ObjectNode body = MAPPER.createObjectNode().put("status", status);
        putProblem(body, refusal);
        putRetryAfter(response, refusal);
        return write(request, status, "application/problem+json", bytes(body));
    }

    /** Says when to come again, where that helps. */
    static void putRetryAfter(HttpServerResponse response, EventMeshException refusal) {
        switch (refusal.code().retry()) {
            case YES, LATER -> response.putHeader("retry-after", seconds(refusal.retryAfter()));
            case NO, ELSEWHERE, AFTER_READING, IF_IDEMPOTENT -> {
                // waiting here does not help
            }
        }
    }

    /** What a failed stage carries, as a problem. */
    static Future<Void> refusal(HttpServerRequest request, Throwable failure) {
        return problem(request, EventMeshException.of(failure));
    }

    static void methodNotAllowed(HttpServerRequest request, String allowed) {
        request.response().putHeader("allow", allowed);
        problem(
                request,
                405,
                Query.invalid(
                        "method: %s (expected: %s)".formatted(request.method().name(), allowed)));
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

    static Future<Void> write(HttpServerRequest request, int status, CharSequence contentType, byte[] body) {
        HttpServerResponse response = request.response();
        if (isOver(response)) {
            return Future.failedFuture("gone");
        }
        response.setStatusCode(status).putHeader(HttpHeaders.CONTENT_TYPE, contentType);
        if (body.length < WORTH_COMPRESSING) {
            return response.end(Buffer.buffer(body));
        }
        response.putHeader("vary", "Accept-Encoding");
        String accepted = request.getHeader("accept-encoding");
        if (accepted == null || !takesGzip(accepted)) {
            return response.end(Buffer.buffer(body));
        }
        return response.putHeader("content-encoding", "gzip").end(Buffer.buffer(compressed(body)));
    }

    /** Whether gzip is named and not refused by a weight of zero. */
    private static boolean takesGzip(String accepted) {
        for (String each : accepted.toLowerCase(Locale.ROOT).split(",", -1)) {
            String[] parts = each.split(";", -1);
            if (parts[0].strip().equals("gzip")) {
                return parts.length < 2 || !parts[1].strip().matches("q=0(\\.0*)?");
            }
        }
        return false;
    }

    private static byte[] compressed(byte[] body) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(body.length / 4);
        try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(body);
        } catch (IOException impossible) {
            throw new IllegalStateException(impossible);
        }
        return out.toByteArray();
    }

    /** Whole seconds, rounded up, at least one. */
    private static String seconds(Duration retryAfter) {
        return Long.toString(Math.max(1, retryAfter.plusMillis(999).toSeconds()));
    }

    private static boolean isOver(HttpServerResponse response) {
        return response.ended() || response.closed();
    }

    private static byte[] bytes(JsonNode body) {
        try {
            return MAPPER.writeValueAsBytes(body);
        } catch (JsonProcessingException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
