package io.eventmesh.cli.admin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import io.eventmesh.cli.Http;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;

/** The admin's REST API below {@code /api/v1}. A refusal is thrown with what the problem document says. */
final class AdminApi {
    private static final String ROOT = "/api/v1";

    private final Http http;

    AdminApi(Http http) {
        this.http = http;
    }

    /** A path below the root; each part is one segment, whatever is in it. */
    static String path(String collection, String... segments) {
        StringBuilder path = new StringBuilder("/").append(collection);
        for (String segment : segments) {
            path.append('/').append(encoded(segment));
        }
        return path.toString();
    }

    /** Values that are empty are left out. */
    static Map<String, String> query(String... namesAndValues) {
        Map<String, String> query = new LinkedHashMap<>();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            if (!namesAndValues[i + 1].isEmpty()) {
                query.put(namesAndValues[i], namesAndValues[i + 1]);
            }
        }
        return query;
    }

    Http.Answer get(String path, Map<String, String> query) {
        return http.get(ROOT + path + text(query));
    }

    /** All items of a list, page by page. */
    ArrayNode list(String path, Map<String, String> query, int limit) {
        ArrayNode all = Http.MAPPER.createArrayNode();
        Map<String, String> page = new LinkedHashMap<>(query);
        String cursor = "";
        do {
            if (!cursor.isEmpty()) {
                page.put("cursor", cursor);
            }
            JsonNode answer = get(path, page).required();
            answer.path("items").forEach(all::add);
            cursor = answer.path("nextCursor").asText("");
            if (cursor.equals("null")) {
                cursor = "";
            }
        } while (!cursor.isEmpty() && all.size() < limit);
        while (all.size() > limit) {
            all.remove(all.size() - 1);
        }
        return all;
    }

    /** Does something to a resource, once even when the call is made again on its way. */
    Http.Answer act(String path, Map<String, String> query, Map<String, String> headers, JsonNode body) {
        Map<String, String> all = new LinkedHashMap<>(headers);
        all.put("idempotency-key", UUID.randomUUID().toString());
        return http.post(ROOT + path + text(query), all, body);
    }

    Http.Answer put(String path, Map<String, String> query, Map<String, String> headers, JsonNode body) {
        return http.put(ROOT + path + text(query), headers, body);
    }

    Http.Answer delete(String path, Map<String, String> query, String ifMatch) {
        return http.delete(ROOT + path + text(query), Map.of("if-match", ifMatch));
    }

    private static String text(Map<String, String> query) {
        return query.isEmpty()
                ? ""
                : query.entrySet().stream()
                        .map(each -> each.getKey() + "=" + encoded(each.getValue()))
                        .collect(Collectors.joining("&", "?", ""));
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }
}
