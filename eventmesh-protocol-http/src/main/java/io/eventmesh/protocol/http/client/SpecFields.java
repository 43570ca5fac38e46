package io.eventmesh.protocol.http.client;

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
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The fields of an HTTP target's specification; each is refused with RULE_INVALID naming field, value and expectation.
 * What may hold a secret is never repeated. Immutable.
 */
public final class SpecFields {
    private static final ObjectReader JSON =
            new ObjectMapper().reader().with(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);
    private static final Set<String> OWN_HEADERS = Set.of(
            "host", "content-type", "content-length", "transfer-encoding", "connection", "upgrade", "te", "expect");
    private static final Pattern TOKEN = Pattern.compile("[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}");
    private static final Pattern VALUE = Pattern.compile("[\\x21-\\x7e](?:[\\x20-\\x7e]{0,4094}[\\x21-\\x7e])?");
    private static final Duration MIN_TIMEOUT = Duration.ofMillis(10);
    private static final Duration MAX_TIMEOUT = Duration.ofMinutes(10);
    private static final int MAX_ENTRIES = 32;
    private static final int MAX_URL = 2_048;
    private static final int MAX_QUERY_VALUE = 4_096;
    /** Instead of what may hold a secret. */
    private static final String HIDDEN = "…";

    private final JsonNode tree;

    private SpecFields(JsonNode tree) {
        this.tree = tree;
    }

    /** The fields of a JSON object that has no others than these. */
    public static SpecFields of(String text, Set<String> fields) {
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
            if (!fields.contains(name)) {
                throw refused(
                        "spec." + name,
                        name,
                        "one of " + String.join(", ", fields.stream().sorted().toList()));
            }
        }
        return new SpecFields(tree);
    }

    /** Where to send: {@code url}, with the parameters of {@code query} behind those that it has. */
    public String url() {
        String text = tree.path("url").asText("");
        StringBuilder whole = new StringBuilder(url(text).toString());
        query().forEach((name, value) -> whole.append(whole.indexOf("?") < 0 ? '?' : '&')
                .append(encoded(name))
                .append('=')
                .append(encoded(value)));
        return whole.toString();
    }

    private static URI url(String text) {
        try {
            URI url = new URI(text);
            boolean sound = url.getScheme() != null
                    && (url.getScheme().equalsIgnoreCase("http")
                            || url.getScheme().equalsIgnoreCase("https"))
                    && url.getHost() != null
                    && url.getUserInfo() == null
                    && url.getFragment() == null
                    && url.getPort() != 0
                    && url.getPort() <= 65_535
                    && text.length() <= MAX_URL;
            if (sound) {
                return url;
            }
        } catch (URISyntaxException notAUri) {
            // said below
        }
        throw refused(
                "spec.url",
                text.contains("@") || text.contains("?") ? HIDDEN : text,
                "an http or https URL with a host, without user and fragment, at most 2048 characters");
    }

    private Map<String, String> query() {
        JsonNode node = tree.path("query");
        Map<String, String> query = new LinkedHashMap<>();
        if (node.isMissingNode()) {
            return query;
        }
        if (!node.isObject() || node.size() > MAX_ENTRIES) {
            throw refused("spec.query", HIDDEN, "an object of at most 32 names and texts");
        }
        node.properties().forEach(entry -> {
            JsonNode value = entry.getValue();
            if (entry.getKey().isEmpty()
                    || !value.isTextual()
                    || value.textValue().length() > MAX_QUERY_VALUE) {
                throw refused("spec.query." + entry.getKey(), HIDDEN, "a name, and at most 4096 characters of text");
            }
            query.put(entry.getKey(), value.textValue());
        });
        return query;
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    /** {@code headers}: lower-case names and values; none that the mesh sets itself. */
    public Map<String, String> headers() {
        JsonNode node = tree.path("headers");
        Map<String, String> headers = new LinkedHashMap<>();
        if (node.isMissingNode()) {
            return headers;
        }
        if (!node.isObject() || node.size() > MAX_ENTRIES) {
            throw refused("spec.headers", HIDDEN, "an object of at most 32 names and texts");
        }
        node.properties().forEach(entry -> {
            String name = entry.getKey().toLowerCase(Locale.ROOT);
            if (!isHeaderName(name)) {
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

    /** Whether a header of this lower-case name may be set by a definition. */
    static boolean isHeaderName(String name) {
        boolean own = OWN_HEADERS.contains(name) || name.startsWith("ce-") || name.startsWith("webhook-");
        return !own && TOKEN.matcher(name).matches();
    }

    /** {@code timeout} of one request; null when it is not said. */
    public @Nullable Duration timeout() {
        JsonNode node = tree.path("timeout");
        if (node.isMissingNode()) {
            return null;
        }
        try {
            Duration timeout = DurationText.parse(node.asText());
            if (timeout.compareTo(MIN_TIMEOUT) >= 0 && timeout.compareTo(MAX_TIMEOUT) <= 0) {
                return timeout;
            }
        } catch (IllegalArgumentException notADuration) {
            // said below
        }
        throw refused("spec.timeout", node.asText(), "a duration from 10ms to 10m");
    }

    /** One of the choices, the first unless said. */
    public String choice(String field, String... choices) {
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

    /** A text of the form; null when it is not said. */
    public @Nullable String text(String field, Pattern form, String expected) {
        JsonNode node = tree.path(field);
        if (node.isMissingNode()) {
            return null;
        }
        if (!node.isTextual() || !form.matcher(node.textValue()).matches()) {
            throw refused("spec." + field, node.asText(), expected);
        }
        return node.textValue();
    }

    /** A whole number from 1 on; 0 when it is not said. */
    public int count(String field, String expected) {
        JsonNode node = tree.path(field);
        if (node.isMissingNode()) {
            return 0;
        }
        if (!node.canConvertToInt() || !node.isIntegralNumber() || node.intValue() < 1) {
            throw refused("spec." + field, node.asText(), expected);
        }
        return node.intValue();
    }

    /** A refusal of a field. */
    public static EventMeshException refused(String field, String value, String expected) {
        return new EventMeshException(
                ErrorCode.RULE_INVALID, "%s: '%s' (expected: %s)".formatted(field, Names.shown(value), expected));
    }
}
