package io.eventmesh.protocol.http.webhook;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import io.eventmesh.common.config.DurationText;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.Names;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a webhook destination says: {@code {"url": "https://example.com/hook"}} and, optionally,
 *
 * <ul>
 *   <li>{@code format}: {@code binary} (default) or {@code structured} by the HTTP binding of CloudEvents, or
 *       {@code eventmesh}, the form post that subscribers of EventMesh's SDK expect
 *   <li>{@code handshake}: {@code require} (default) asks for consent as the CloudEvents webhook specification says, and
 *       sends nothing without it; {@code skip} does not ask. EventMesh subscribers are never asked
 *   <li>{@code origin}: the name under which consent is asked, the runtime's id otherwise
 *   <li>{@code rate}: how many events a minute are asked for
 *   <li>{@code timeout}: of one request, 30 s unless said
 *   <li>{@code headers}: sent with each request
 *   <li>{@code call}: {@code "async"} (default) or {@code "sync"}, told to EventMesh subscribers
 * </ul>
 */
record WebhookSpec(
        URI url,
        Format format,
        boolean handshake,
        @Nullable String origin,
        int ratePerMinute,
        Duration timeout,
        Map<String, String> headers,
        boolean sync) {
    private static final ObjectReader JSON =
            new ObjectMapper().reader().with(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);
    private static final Set<String> FIELDS =
            Set.of("url", "format", "handshake", "origin", "rate", "timeout", "headers", "call");
    private static final Set<String> OWN_HEADERS =
            Set.of("host", "content-type", "content-length", "transfer-encoding", "connection", "upgrade", "te");
    private static final Pattern TOKEN = Pattern.compile("[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}");
    private static final Pattern VALUE = Pattern.compile("[\\x21-\\x7e](?:[\\x20-\\x7e]{0,4094}[\\x21-\\x7e])?");
    private static final Pattern DNS_NAME = Pattern.compile("[A-Za-z0-9._-]{1,253}");
    private static final Duration MAX_TIMEOUT = Duration.ofMinutes(10);
    private static final int MAX_URL = 2_048;
    /** Instead of what may hold a secret. */
    private static final String HIDDEN = "…";

    enum Format {
        BINARY,
        STRUCTURED,
        EVENTMESH
    }

    /** @throws EventMeshException RULE_INVALID naming field, value and expectation */
    static WebhookSpec parse(String text) {
        JsonNode tree;
        try {
            tree = JSON.readTree(text);
        } catch (JsonProcessingException notJson) {
            throw refused("spec", HIDDEN, "a JSON object such as {\"url\": \"https://example.com/hook\"}");
        }
        if (!tree.isObject()) {
            throw refused("spec", HIDDEN, "a JSON object such as {\"url\": \"https://example.com/hook\"}");
        }
        for (Iterator<String> names = tree.fieldNames(); names.hasNext(); ) {
            String name = names.next();
            if (!FIELDS.contains(name)) {
                throw refused(
                        "spec." + name,
                        name,
                        "one of " + String.join(", ", FIELDS.stream().sorted().toList()));
            }
        }
        Format format = Format.valueOf(
                choice(tree, "format", "binary", "structured", "eventmesh").toUpperCase(Locale.ROOT));
        boolean require = choice(tree, "handshake", "require", "skip").equals("require");
        return new WebhookSpec(
                url(tree.path("url")),
                format,
                require && format != Format.EVENTMESH,
                origin(tree.path("origin")),
                rate(tree.path("rate")),
                timeout(tree.path("timeout")),
                headers(tree.path("headers")),
                choice(tree, "call", "async", "sync").equals("sync"));
    }

    private static URI url(JsonNode node) {
        String text = node.asText("");
        try {
            URI url = new URI(text);
            boolean sound = url.getScheme() != null
                    && (url.getScheme().equalsIgnoreCase("http")
                            || url.getScheme().equalsIgnoreCase("https"))
                    && url.getHost() != null
                    && url.getUserInfo() == null
                    && url.getFragment() == null
                    && text.length() <= MAX_URL;
            if (sound) {
                return url;
            }
        } catch (URISyntaxException notAUri) {
            // said below
        }
        throw refused(
                "spec.url",
                text,
                "an http or https URL with a host, without user and fragment, at most 2048 characters");
    }

    private static String choice(JsonNode tree, String field, String... choices) {
        JsonNode node = tree.path(field);
        if (node.isMissingNode()) {
            return choices[0];
        }
        for (String each : choices) {
            if (node.isTextual() && node.textValue().equals(each)) {
                return each;
            }
        }
        throw refused("spec." + field, node.asText(), "one of " + String.join(", ", choices));
    }

    private static @Nullable String origin(JsonNode node) {
        if (node.isMissingNode()) {
            return null;
        }
        if (!node.isTextual() || !DNS_NAME.matcher(node.textValue()).matches()) {
            throw refused("spec.origin", node.asText(), "a DNS name");
        }
        return node.textValue();
    }

    private static int rate(JsonNode node) {
        if (node.isMissingNode()) {
            return 0;
        }
        if (!node.canConvertToInt() || !node.isIntegralNumber() || node.intValue() < 1) {
            throw refused("spec.rate", node.asText(), "events a minute, 1 or more");
        }
        return node.intValue();
    }

    private static Duration timeout(JsonNode node) {
        if (node.isMissingNode()) {
            return Duration.ofSeconds(30);
        }
        try {
            Duration timeout = DurationText.parse(node.asText());
            if (timeout.compareTo(Duration.ofMillis(10)) >= 0 && timeout.compareTo(MAX_TIMEOUT) <= 0) {
                return timeout;
            }
        } catch (IllegalArgumentException notADuration) {
            // said below
        }
        throw refused("spec.timeout", node.asText(), "a duration from 10ms to 10m");
    }

    private static Map<String, String> headers(JsonNode node) {
        Map<String, String> headers = new LinkedHashMap<>();
        if (node.isMissingNode()) {
            return headers;
        }
        if (!node.isObject() || node.size() > 32) {
            throw refused("spec.headers", HIDDEN, "an object of at most 32 names and texts");
        }
        node.properties().forEach(entry -> {
            String name = entry.getKey().toLowerCase(Locale.ROOT);
            boolean own = OWN_HEADERS.contains(name) || name.startsWith("ce-") || name.startsWith("webhook-");
            if (own || !TOKEN.matcher(name).matches()) {
                throw refused("spec.headers." + name, name, "a header's name, and none that the mesh sets itself");
            }
            JsonNode value = entry.getValue();
            if (!value.isTextual() || !VALUE.matcher(value.textValue()).matches()) {
                throw refused("spec.headers." + name, HIDDEN, "1 to 4096 printable characters of ASCII");
            }
            headers.put(name, value.textValue());
        });
        return headers;
    }

    private static EventMeshException refused(String field, String value, String expected) {
        return new EventMeshException(
                ErrorCode.RULE_INVALID, "%s: '%s' (expected: %s)".formatted(field, Names.shown(value), expected));
    }
}
