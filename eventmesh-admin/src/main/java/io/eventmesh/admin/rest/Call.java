package io.eventmesh.admin.rest;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.eventmesh.admin.definition.Json;
import io.eventmesh.admin.definition.Precondition;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.Names;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * A request, taken off the event loop.
 *
 * @param path parameters of the path
 * @param query parameters of the query
 * @param headers by lower-case name
 */
@SuppressWarnings("ArrayRecordComponent") // read once, never compared
record Call(Map<String, String> path, Map<String, String> query, Map<String, String> headers, byte[] body) {
    private static final int MAX_LIMIT = 500;
    private static final int DEFAULT_LIMIT = 100;

    String name() {
        return path.getOrDefault("name", "");
    }

    String namespace() {
        return Names.requireName("namespace", query.getOrDefault("namespace", Names.DEFAULT_NAMESPACE));
    }

    ObjectNode document() {
        return Json.read(body);
    }

    Precondition precondition() {
        String match = headers.getOrDefault("if-match", "").strip();
        boolean absent = headers.getOrDefault("if-none-match", "").strip().equals("*");
        if (match.isEmpty() || match.equals("*")) {
            return new Precondition(Optional.empty(), absent);
        }
        try {
            return new Precondition(Optional.of(Long.parseLong(match.replace("\"", ""))), absent);
        } catch (NumberFormatException foreign) {
            throw new EventMeshException(
                    ErrorCode.PRECONDITION_FAILED,
                    "If-Match: %s (expected: an ETag of this resource)".formatted(Names.shown(match)));
        }
    }

    int limit() {
        String text = query.getOrDefault("limit", Integer.toString(DEFAULT_LIMIT));
        try {
            int limit = Integer.parseInt(text);
            if (limit >= 1 && limit <= MAX_LIMIT) {
                return limit;
            }
        } catch (NumberFormatException notANumber) {
            // refused below, like a number out of range
        }
        throw new EventMeshException(
                ErrorCode.REQUEST_INVALID, "limit: '%s' (expected: 1..%d)".formatted(Names.shown(text), MAX_LIMIT));
    }

    /** The name after which the page begins. */
    String after() {
        String cursor = query.getOrDefault("cursor", "");
        try {
            return new String(Base64.getUrlDecoder().decode(cursor), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException foreign) {
            throw new EventMeshException(
                    ErrorCode.REQUEST_INVALID,
                    "cursor: '%s' (expected: a nextCursor as answered)".formatted(Names.shown(cursor)));
        }
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
        rows.stream().limit(limit).map(view).forEach(items::add);
        if (rows.size() > limit) {
            byte[] last = key.apply(rows.get(limit - 1)).getBytes(StandardCharsets.UTF_8);
            page.put("nextCursor", Base64.getUrlEncoder().withoutPadding().encodeToString(last));
        } else {
            page.putNull("nextCursor");
        }
        return Answer.ok(page);
    }

    /** A page out of all rows, ordered by the key. */
    <T> Answer pageOf(List<T> all, Function<T, ObjectNode> view, Function<T, String> key) {
        String after = after();
        List<T> rows = all.stream()
                .filter(row -> key.apply(row).compareTo(after) > 0)
                .limit(limit() + 1L)
                .toList();
        return page(rows, view, key);
    }
}
