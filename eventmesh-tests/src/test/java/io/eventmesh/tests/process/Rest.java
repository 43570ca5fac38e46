package io.eventmesh.tests.process;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.assertj.core.api.Assertions;
import org.jspecify.annotations.Nullable;

/** JSON over HTTP, for an admin or a mesh runtime. */
public final class Rest {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private final HttpClient client = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(5))
            .build();
    private final String base;

    public Rest(String base) {
        this.base = base.endsWith("/") ? base.substring(0, base.length() - 1) : base;
    }

    /** An answer of any status. */
    public record Answer(int status, String contentType, JsonNode body) {}

    public JsonNode get(String path) {
        return ok(call("GET", path, null));
    }

    /** Creates the resource, or replaces whatever is there. */
    public JsonNode put(String path, String json) {
        Answer answer = call("PUT", path, json);
        return ok(answer.status() == 428 ? send(whatever(path).PUT(BodyPublishers.ofString(json))) : answer);
    }

    /** Deletes whatever is there. */
    public void delete(String path) {
        ok(send(whatever(path).DELETE()));
    }

    private HttpRequest.Builder whatever(String path) {
        return HttpRequest.newBuilder(URI.create(base + path))
                .timeout(Duration.ofSeconds(30))
                .header("content-type", "application/json")
                .header("if-match", "*");
    }

    public Answer call(String method, String path, @Nullable String json) {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(URI.create(base + path)).timeout(Duration.ofSeconds(30));
        if (json == null) {
            request.method(method, BodyPublishers.noBody());
        } else {
            request.header("content-type", "application/json").method(method, BodyPublishers.ofString(json));
        }
        return send(request);
    }

    /** Sends a request that the caller made for this address. */
    public Answer send(HttpRequest.Builder request) {
        try {
            var answer = client.send(request.build(), BodyHandlers.ofByteArray());
            JsonNode body = answer.body().length == 0 ? MAPPER.nullNode() : tree(answer.body());
            return new Answer(
                    answer.statusCode(),
                    answer.headers().firstValue("content-type").orElse(""),
                    body);
        } catch (IOException failure) {
            throw new UncheckedIOException(base + ": " + failure.getMessage(), failure);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(interrupted);
        }
    }

    private static JsonNode tree(byte[] body) {
        try {
            return MAPPER.readTree(body);
        } catch (IOException notJson) {
            return MAPPER.getNodeFactory().textNode(new String(body, StandardCharsets.UTF_8));
        }
    }

    private JsonNode ok(Answer answer) {
        Assertions.assertThat(answer.status() / 100)
                .as("status %d: %s", answer.status(), answer.body())
                .isEqualTo(2);
        return answer.body();
    }
}
