package io.eventmesh.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * One-shot HTTP calls. {@link HttpURLConnection}, because it starts a third of a second sooner than the newer client.
 */
public final class Http {
    public static final ObjectMapper MAPPER = new ObjectMapper();
    private static final int CONNECT_MILLIS = 3_000;
    private static final int READ_MILLIS = 35_000;
    private static final Map<String, String> JSON = Map.of("content-type", "application/json");

    private final String base;
    private final String token;
    private final String ifUnreachable;

    /**
     * @param token bearer token; empty for none
     * @param ifUnreachable what the user can do then
     */
    public Http(String base, String token, String ifUnreachable) {
        this.base = base.endsWith("/") ? base.substring(0, base.length() - 1) : base;
        this.token = token;
        this.ifUnreachable = ifUnreachable;
    }

    /**
     * An answer with any status.
     *
     * @param etag empty for none
     */
    public record Answer(int status, String etag, JsonNode body) {
        public boolean isOk() {
            return status / 100 == 2;
        }

        /** The body of a 2xx answer; anything else is thrown with what the problem document says. */
        public JsonNode required() {
            if (isOk()) {
                return body;
            }
            if (!body.hasNonNull("detail")) {
                throw new CliException(CliException.FAILED, "HTTP status " + status, "");
            }
            StringBuilder text = new StringBuilder("%s %s: %s"
                    .formatted(
                            body.path("name").asText(""),
                            body.path("code").asText(""),
                            body.path("detail").asText()));
            for (JsonNode error : body.path("errors")) {
                text.append("\n  %s: %s"
                        .formatted(
                                error.path("path").asText(),
                                error.path("message").asText()));
            }
            throw new CliException(
                    CliException.FAILED,
                    text.toString(),
                    body.path("suggestion").asText(""));
        }
    }

    public String base() {
        return base;
    }

    public Answer get(String path) {
        return call("GET", path, Map.of(), new byte[0]);
    }

    public Answer delete(String path, Map<String, String> headers) {
        return call("DELETE", path, headers, new byte[0]);
    }

    /** @param headers besides the content type */
    public Answer put(String path, Map<String, String> headers, JsonNode body) {
        return call("PUT", path, withJson(headers), bytes(body));
    }

    /** @param headers besides the content type */
    public Answer post(String path, Map<String, String> headers, JsonNode body) {
        return call("POST", path, withJson(headers), bytes(body));
    }

    public Answer post(String path, Map<String, String> headers, byte[] body) {
        return call("POST", path, headers, body);
    }

    private static Map<String, String> withJson(Map<String, String> headers) {
        Map<String, String> all = new LinkedHashMap<>(JSON);
        all.putAll(headers);
        return all;
    }

    private Answer call(String method, String path, Map<String, String> headers, byte[] body) {
        try {
            HttpURLConnection connection =
                    (HttpURLConnection) URI.create(base + path).toURL().openConnection();
            connection.setConnectTimeout(CONNECT_MILLIS);
            connection.setReadTimeout(READ_MILLIS);
            connection.setRequestMethod(method);
            headers.forEach(connection::setRequestProperty);
            if (!token.isEmpty()) {
                connection.setRequestProperty("authorization", "Bearer " + token);
            }
            if (body.length > 0) {
                connection.setDoOutput(true);
                connection.setFixedLengthStreamingMode(body.length);
                try (var out = connection.getOutputStream()) {
                    out.write(body);
                }
            }
            int status = connection.getResponseCode();
            String etag = connection.getHeaderField("etag");
            try (InputStream in = status >= 400 ? connection.getErrorStream() : connection.getInputStream()) {
                return new Answer(status, etag == null ? "" : etag, tree(in == null ? new byte[0] : in.readAllBytes()));
            }
        } catch (IOException | IllegalArgumentException failure) {
            throw new CliException(
                    CliException.ENVIRONMENT,
                    "%s cannot be reached: %s".formatted(base, failure.getMessage()),
                    ifUnreachable);
        }
    }

    private static JsonNode tree(byte[] body) {
        try {
            return MAPPER.readTree(body);
        } catch (IOException notJson) {
            return MAPPER.createObjectNode();
        }
    }

    private static byte[] bytes(JsonNode body) {
        try {
            return MAPPER.writeValueAsBytes(body);
        } catch (IOException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
