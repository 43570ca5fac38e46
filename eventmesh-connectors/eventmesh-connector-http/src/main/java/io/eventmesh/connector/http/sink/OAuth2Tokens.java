package io.eventmesh.connector.http.sink;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.connector.http.HttpLoop;
import io.eventmesh.connector.http.sink.HttpCaller.Answer;
import io.eventmesh.http.HttpOutcomes;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import java.io.IOException;
import java.net.URLEncoder;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * Tokens by the client credentials grant: kept until shortly before they expire, or until a destination refuses one.
 * Used by one thread, so that one request for a token is under way at most.
 *
 * <p>Spec: RFC 6749, sections 2.3.1 and 4.4.
 */
final class OAuth2Tokens implements Authorization {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration WAIT = Duration.ofMinutes(6);
    /** A token is not used in the last moments of its life. */
    private static final long MARGIN_SECONDS = 30;

    private static final long UNSAID_SECONDS = 3_600;
    private static final long LONGEST_SECONDS = 7 * 86_400;

    private final AuthConfig config;
    private final HttpCaller caller;
    private final MeshClock clock;
    private @Nullable String token;
    private long until;

    OAuth2Tokens(AuthConfig config, HttpCaller caller, MeshClock clock) {
        this.config = config;
        this.caller = caller;
        this.clock = clock;
    }

    @Override
    public void apply(MultiMap headers) throws InterruptedException {
        String current = token;
        if (current == null || clock.nanoTime() - until >= 0) {
            current = fetch();
            token = current;
        }
        headers.set("authorization", "Bearer " + current);
    }

    @Override
    public boolean renew(MultiMap refused) {
        if (("Bearer " + token).equals(refused.get("authorization"))) {
            token = null;
        }
        return true;
    }

    private String fetch() throws InterruptedException {
        MultiMap headers = MultiMap.caseInsensitiveMultiMap()
                .set("content-type", "application/x-www-form-urlencoded")
                .set("accept", "application/json");
        StringBuilder form = new StringBuilder("grant_type=client_credentials");
        add(form, "scope", config.scope());
        add(form, "audience", config.audience());
        switch (config.clientAuthentication()) {
            case BASIC ->
                headers.set(
                        "authorization",
                        Authorization.basic(
                                encoded(config.clientId()),
                                encoded(config.clientSecret().reveal())));
            case BODY -> {
                add(form, "client_id", config.clientId());
                add(form, "client_secret", config.clientSecret().reveal());
            }
        }
        long asked = clock.nanoTime();
        Answer answer;
        try {
            answer = HttpLoop.await(
                    "token",
                    caller.call(new HttpCaller.Request(
                            HttpMethod.POST, config.tokenUrl(), headers, Buffer.buffer(form.toString()))),
                    WAIT);
        } catch (ExecutionException failure) {
            EventMeshException why = EventMeshException.of(failure);
            throw new EventMeshException(why.code(), "auth.token-url: " + why.reason(), why);
        }
        return token(answer, asked);
    }

    private String token(Answer answer, long asked) {
        if (answer.status() < 200 || answer.status() >= 300) {
            throw refused(answer);
        }
        JsonNode body = tree(answer);
        String value = body.path("access_token").asText("");
        if (!value.matches("[\\x21-\\x7e]{1,16384}")) {
            throw new EventMeshException(
                    ErrorCode.CONNECTOR_CONFIG_INVALID,
                    "auth.token-url: an answer without access_token (expected: a JSON object with a token)");
        }
        long seconds =
                Math.min(LONGEST_SECONDS, Math.max(0, body.path("expires_in").asLong(UNSAID_SECONDS)));
        long used = seconds > 2 * MARGIN_SECONDS ? seconds - MARGIN_SECONDS : seconds / 2;
        until = asked + Duration.ofSeconds(used).toNanos();
        return value;
    }

    /** Names the key to blame, by the error's code of RFC 6749, section 5.2. */
    private EventMeshException refused(Answer answer) {
        String said = "HTTP status: %d".formatted(answer.status());
        if (answer.status() >= 500 || answer.status() == 408 || answer.status() == 429) {
            return new EventMeshException(
                    ErrorCode.DELIVERY_FAILED,
                    "auth.token-url: " + said,
                    HttpOutcomes.retryAfter(answer.headers().get("Retry-After"), clock.instant()));
        }
        String error = tree(answer).path("error").asText("");
        String why = error.matches("[a-z_]{1,40}") ? "%s, %s".formatted(error, said) : said;
        return switch (error) {
            case "invalid_client" -> new EventMeshException(ErrorCode.UNAUTHENTICATED, "auth.client-secret: " + why);
            case "unauthorized_client", "unsupported_grant_type" ->
                new EventMeshException(ErrorCode.CONNECTOR_CONFIG_INVALID, "auth.client-id: " + why);
            case "invalid_scope" -> new EventMeshException(ErrorCode.CONNECTOR_CONFIG_INVALID, "auth.scope: " + why);
            default ->
                answer.status() == 401 || answer.status() == 403
                        ? new EventMeshException(ErrorCode.UNAUTHENTICATED, "auth.client-secret: " + why)
                        : new EventMeshException(ErrorCode.CONNECTOR_CONFIG_INVALID, "auth.token-url: " + why);
        };
    }

    private static JsonNode tree(Answer answer) {
        try {
            JsonNode tree = JSON.readTree(answer.body().getBytes());
            return tree == null ? JSON.missingNode() : tree;
        } catch (IOException notJson) {
            return JSON.missingNode();
        }
    }

    private static void add(StringBuilder form, String name, String value) {
        if (!value.isEmpty()) {
            form.append('&').append(name).append('=').append(encoded(value));
        }
    }

    private static String encoded(String value) {
        return URLEncoder.encode(value, UTF_8);
    }
}
