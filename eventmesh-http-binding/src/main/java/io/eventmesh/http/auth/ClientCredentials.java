package io.eventmesh.http.auth;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.eventmesh.common.config.Secret;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.http.HttpOutcomes;
import java.io.IOException;
import java.net.URLEncoder;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A client that gets tokens in its own name: what it asks, and what is made of the answer. Who sends the request is the
 * caller's business.
 *
 * <p>Spec: RFC 6749, sections 2.3.1, 4.4 and 5.
 *
 * @param tokenUrl where tokens come from
 * @param style where the client's secret stands
 * @param scope what the token is for; may be empty
 * @param audience for whom the token is; may be empty
 */
public record ClientCredentials(
        String tokenUrl, String clientId, Secret clientSecret, Style style, String scope, String audience) {
    private static final ObjectMapper JSON = new ObjectMapper();
    /** A token is not used in the last moments of its life. */
    private static final long MARGIN_SECONDS = 30;

    private static final long UNSAID_SECONDS = 3_600;
    private static final long LONGEST_SECONDS = 7 * 86_400;

    /** How a client says who it is when it asks for a token. */
    public enum Style {
        /** By the header {@code Authorization}. */
        BASIC,
        /** By {@code client_id} and {@code client_secret} in the form. */
        BODY
    }

    /** A POST to the URL of tokens. */
    public record TokenRequest(Map<String, String> headers, String body) {
        /** Without the content, which is secret. */
        @Override
        public String toString() {
            return "token request";
        }
    }

    public TokenRequest request() {
        Map<String, String> headers = new LinkedHashMap<>();
        headers.put("content-type", "application/x-www-form-urlencoded");
        headers.put("accept", "application/json");
        StringBuilder form = new StringBuilder("grant_type=client_credentials");
        add(form, "scope", scope);
        add(form, "audience", audience);
        switch (style) {
            case BASIC -> headers.put("authorization", basic(encoded(clientId), encoded(clientSecret.reveal())));
            case BODY -> {
                add(form, "client_id", clientId);
                add(form, "client_secret", clientSecret.reveal());
            }
        }
        return new TokenRequest(headers, form.toString());
    }

    /** The value of {@code Authorization} for a user with a password. */
    public static String basic(String user, String password) {
        return "Basic " + Base64.getEncoder().encodeToString((user + ":" + password).getBytes(UTF_8));
    }

    /**
     * The token in an answer.
     *
     * @throws EventMeshException beginning with what is to blame ({@code token-url}, {@code client-id}, {@code
     *     client-secret}, {@code scope}): DELIVERY_FAILED for what may pass, UNAUTHENTICATED or CONNECTOR_CONFIG_INVALID
     *     for what must be changed
     */
    public AccessToken token(int status, @Nullable String retryAfter, byte[] answer, Instant now) {
        if (status < 200 || status >= 300) {
            throw refused(status, retryAfter, answer, now);
        }
        JsonNode body = tree(answer);
        String value = body.path("access_token").asText("");
        if (!value.matches("[\\x21-\\x7e]{1,16384}")) {
            throw new EventMeshException(
                    ErrorCode.CONNECTOR_CONFIG_INVALID,
                    "token-url: an answer without access_token (expected: a JSON object with a token)");
        }
        long seconds =
                Math.min(LONGEST_SECONDS, Math.max(0, body.path("expires_in").asLong(UNSAID_SECONDS)));
        long used = seconds > 2 * MARGIN_SECONDS ? seconds - MARGIN_SECONDS : seconds / 2;
        return new AccessToken(Secret.of(value), Duration.ofSeconds(used));
    }

    /** Names what is to blame, by the error's code of section 5.2. */
    private static EventMeshException refused(int status, @Nullable String retryAfter, byte[] answer, Instant now) {
        String said = "HTTP status: %d".formatted(status);
        if (status >= 500 || status == 408 || status == 429) {
            return new EventMeshException(
                    ErrorCode.DELIVERY_FAILED, "token-url: " + said, HttpOutcomes.retryAfter(retryAfter, now));
        }
        String error = tree(answer).path("error").asText("");
        String why = error.matches("[a-z_]{1,40}") ? "%s, %s".formatted(error, said) : said;
        return switch (error) {
            case "invalid_client" -> new EventMeshException(ErrorCode.UNAUTHENTICATED, "client-secret: " + why);
            case "unauthorized_client", "unsupported_grant_type" ->
                new EventMeshException(ErrorCode.CONNECTOR_CONFIG_INVALID, "client-id: " + why);
            case "invalid_scope" -> new EventMeshException(ErrorCode.CONNECTOR_CONFIG_INVALID, "scope: " + why);
            default ->
                status == 401 || status == 403
                        ? new EventMeshException(ErrorCode.UNAUTHENTICATED, "client-secret: " + why)
                        : new EventMeshException(ErrorCode.CONNECTOR_CONFIG_INVALID, "token-url: " + why);
        };
    }

    private static JsonNode tree(byte[] answer) {
        try {
            JsonNode tree = JSON.readTree(answer);
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
