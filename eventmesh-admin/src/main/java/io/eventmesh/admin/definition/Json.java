package io.eventmesh.admin.definition;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import java.io.IOException;
import java.util.Map;

/** JSON as the admin reads and writes it: strict about duplicate names and trailing text. */
public final class Json {
    private static final ObjectMapper MAPPER = JsonMapper.builder()
            .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private Json() {}

    public static ObjectNode object() {
        return MAPPER.createObjectNode();
    }

    /**
     * Reads what a caller sent.
     *
     * @throws EventMeshException REQUEST_INVALID when it is not one JSON object
     */
    public static ObjectNode read(byte[] body) {
        try {
            JsonNode node = MAPPER.readTree(body);
            if (node instanceof ObjectNode object) {
                return object;
            }
            throw new EventMeshException(
                    ErrorCode.REQUEST_INVALID,
                    "body: %s (expected: a JSON object)"
                            .formatted(
                                    node.isMissingNode()
                                            ? "empty"
                                            : node.getNodeType().name()));
        } catch (JsonProcessingException malformed) {
            throw new EventMeshException(
                    ErrorCode.REQUEST_INVALID,
                    "body: not JSON at line %d column %d (expected: a JSON object): %s"
                            .formatted(
                                    malformed.getLocation() == null
                                            ? 0
                                            : malformed.getLocation().getLineNr(),
                                    malformed.getLocation() == null
                                            ? 0
                                            : malformed.getLocation().getColumnNr(),
                                    malformed
                                            .getOriginalMessage()
                                            .lines()
                                            .findFirst()
                                            .orElse("")),
                    malformed);
        } catch (IOException unreadable) {
            throw new EventMeshException(
                    ErrorCode.REQUEST_INVALID, "body: unreadable (expected: a JSON object)", unreadable);
        }
    }

    /** Reads what the admin itself stored. */
    public static JsonNode stored(String text) {
        try {
            return MAPPER.readTree(text);
        } catch (JsonProcessingException broken) {
            throw new EventMeshException(ErrorCode.DATA_CORRUPT, "stored JSON unreadable (expected: JSON)", broken);
        }
    }

    public static String write(Object value) {
        try {
            return MAPPER.writeValueAsString(value);
        } catch (JsonProcessingException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    /** Applies a merge patch (RFC 7396): null removes, an object goes on inside, anything else replaces. */
    static void merge(ObjectNode target, ObjectNode patch) {
        patch.properties().forEach(field -> {
            JsonNode value = field.getValue();
            if (value.isNull()) {
                target.remove(field.getKey());
            } else if (value instanceof ObjectNode inner) {
                ObjectNode within = target.get(field.getKey()) instanceof ObjectNode there
                        ? there
                        : target.putObject(field.getKey());
                merge(within, inner);
            } else {
                target.set(field.getKey(), value);
            }
        });
    }

    /** The tree as plain maps, lists and values. */
    @SuppressWarnings("unchecked")
    static Map<String, Object> plain(JsonNode object) {
        return MAPPER.convertValue(object, Map.class);
    }
}
