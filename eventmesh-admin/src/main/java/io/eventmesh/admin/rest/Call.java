package io.eventmesh.admin.rest;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.eventmesh.admin.definition.Json;
import io.eventmesh.admin.definition.Precondition;
import io.eventmesh.admin.definition.WriteHook;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.Names;
import io.eventmesh.spi.security.Principal;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A request, taken off the event loop.
 *
 * @param method in capitals
 * @param uri path and query as they came
 * @param path parameters of the path, decoded
 * @param query parameters of the query
 * @param headers by lower-case name
 * @param principal who asks
 * @param remote the address it came from
 * @param requestId names it in logs, in its refusal and in its audit record
 * @param hook what a write has its transaction do besides
 */
@SuppressWarnings("ArrayRecordComponent") // read once, never compared
record Call(
        String method,
        String uri,
        Map<String, String> path,
        Map<String, String> query,
        Map<String, String> headers,
        byte[] body,
        Principal principal,
        String remote,
        String requestId,
        WriteHook hook) {
    /** Kind, address and name of who sent it, by the admin that passed it on. */
    static final String FORWARDED = "eventmesh-forwarded";

    private static final int MAX_LIMIT = 500;
    private static final int DEFAULT_LIMIT = 100;
    private static final int MAX_KEY = 255;

    Call with(WriteHook other) {
        return new Call(method, uri, path, query, headers, body, principal, remote, requestId, other);
    }

    /** Whether another admin passed it on. */
    boolean isForwarded() {
        return principal.isRuntime() && headers.containsKey(FORWARDED);
    }

    /** Who wants it: whom the forwarding admin names, or who sent it. */
    String actor() {
        return forwarded(2, principal.name());
    }

    /** How the actor is known. */
    String actorKind() {
        return forwarded(0, principal.kind().name());
    }

    /** Where it came from first. */
    String address() {
        return forwarded(1, remote);
    }

    private String forwarded(int part, String own) {
        String[] parts = headers.getOrDefault(FORWARDED, "").split(";", 3);
        return isForwarded() && parts.length == 3 ? parts[part] : own;
    }

    /** The admin that passed it on. */
    @Nullable
    String via() {
        return isForwarded() ? principal.name() : null;
    }

    /** A parameter of the path. */
    String path(String parameter) {
        return path.getOrDefault(parameter, "");
    }

    String name() {
        return path("name");
    }

    String namespace() {
        return Names.requireName("namespace", query.getOrDefault("namespace", Names.DEFAULT_NAMESPACE));
    }

    ObjectNode document() {
        return Json.read(body);
    }

    /** The body, or an empty object when there is none. */
    ObjectNode documentIfAny() {
        return body.length == 0 ? Json.object() : Json.read(body);
    }

    /** A parameter of the query that is given and not empty. */
    Optional<String> asked(String parameter) {
        return Optional.ofNullable(query.get(parameter)).filter(value -> !value.isEmpty());
    }

    /** A parameter of the query that is true or false, false when it is not given. */
    boolean flag(String parameter) {
        String text = query.getOrDefault(parameter, "false");
        if (!text.equals("true") && !text.equals("false")) {
            throw new EventMeshException(
                    ErrorCode.REQUEST_INVALID,
                    "%s: '%s' (expected: true or false)".formatted(parameter, Names.shown(text)));
        }
        return text.equals("true");
    }

    /** Whether only the plan is asked for, and nothing may be changed. */
    boolean dryRun() {
        return flag("dryRun");
    }

    /** The key under which the caller may send this again without doing it again. */
    Optional<String> idempotencyKey() {
        String key = headers.getOrDefault("idempotency-key", "").strip();
        if (key.length() > MAX_KEY) {
            throw new EventMeshException(
                    ErrorCode.REQUEST_INVALID,
                    "Idempotency-Key: %d characters (expected: <= %d)".formatted(key.length(), MAX_KEY));
        }
        return Optional.of(key).filter(given -> !given.isEmpty());
    }

    Precondition precondition() {
        String match = headers.getOrDefault("if-match", "").strip();
        boolean absent = headers.getOrDefault("if-none-match", "").strip().equals("*");
        if (match.isEmpty() || match.equals("*")) {
            return new Precondition(Optional.empty(), absent, match.equals("*"));
        }
        try {
            return new Precondition(
                    Optional.of(Long.parseLong(match.replaceAll("^\"|(\\..*)?\"$", ""))), absent, false);
        } catch (NumberFormatException foreign) {
            throw new EventMeshException(
                    ErrorCode.PRECONDITION_FAILED,
                    "If-Match: %s (expected: an ETag of this resource)".formatted(Names.shown(match)));
        }
    }

    int limit() {
        return limit(MAX_LIMIT, DEFAULT_LIMIT);
    }

    int limit(int most, int fallback) {
        String text = query.getOrDefault("limit", Integer.toString(fallback));
        try {
            int limit = Integer.parseInt(text);
            if (limit >= 1 && limit <= most) {
                return limit;
            }
        } catch (NumberFormatException notANumber) {
            // refused below, like a number out of range
        }
        throw new EventMeshException(
                ErrorCode.REQUEST_INVALID, "limit: '%s' (expected: 1..%d)".formatted(Names.shown(text), most));
    }

    /** The name after which the page begins. */
    String after() {
        String cursor = query.getOrDefault("cursor", "");
        try {
            return new String(Base64.getUrlDecoder().decode(cursor), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException foreign) {
            throw foreignCursor(cursor);
        }
    }

    /** The number after which the page begins; the fallback for the first page. */
    long afterNumber(long fallback) {
        String after = after();
        try {
            return after.isEmpty() ? fallback : Long.parseLong(after);
        } catch (NumberFormatException foreign) {
            throw foreignCursor(query.getOrDefault("cursor", ""));
        }
    }

    private static EventMeshException foreignCursor(String cursor) {
        return new EventMeshException(
                ErrorCode.REQUEST_INVALID,
                "cursor: '%s' (expected: a nextCursor as answered)".formatted(Names.shown(cursor)));
    }

    /** How a page says where the next one begins. */
    static String cursor(String after) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(after.getBytes(StandardCharsets.UTF_8));
    }

    /** Items with the fields only that are asked for. */
    <T> Function<T, ObjectNode> sparse(Function<T, ObjectNode> view) {
        return Fields.of(this).map(fields -> view.andThen(fields::of)).orElse(view);
    }

    /**
     * A page out of rows of which one more than asked for was read.
     *
     * @param key the name by which the rows are ordered
     */
    <T> Answer page(List<T> rows, Function<T, ObjectNode> view, Function<T, String> key) {
        int limit = limit();
        ObjectNode page = Json.object();
        ArrayNode items = page.putArray("items");
        rows.stream().limit(limit).map(sparse(view)).forEach(items::add);
        if (rows.size() > limit) {
            page.put("nextCursor", cursor(key.apply(rows.get(limit - 1))));
        } else {
            page.putNull("nextCursor");
        }
        return Answer.ok(page);
    }
}
