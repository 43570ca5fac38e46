package io.eventmesh.protocol.http;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.Names;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * A JSON object of a request, read strictly: an unknown field, one given twice and a value of another kind are refused
 * with the place at which they stand.
 */
final class JsonBody {
    private static final ObjectMapper MAPPER = JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(
                            StreamReadConstraints.builder().maxNestingDepth(64).build())
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .build())
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private final String at;
    private final JsonNode tree;

    private JsonBody(String at, JsonNode tree) {
        this.at = at;
        this.tree = tree;
        if (!tree.isObject()) {
            throw refused(at.isEmpty() ? "body" : at, tree, "an object");
        }
    }

    /** @throws EventMeshException REQUEST_INVALID */
    static JsonBody of(byte[] body, Set<String> fields) {
        try {
            JsonBody document = new JsonBody("", MAPPER.readTree(body));
            document.requireFields(fields);
            return document;
        } catch (JsonProcessingException notJson) {
            throw Query.invalid("body: %s (expected: a JSON object)"
                    .formatted(Names.shown(String.valueOf(notJson.getOriginalMessage()))));
        } catch (IOException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    void requireFields(Set<String> known) {
        tree.fieldNames().forEachRemaining(name -> {
            if (!known.contains(name)) {
                throw Query.invalid("%s: unknown field (expected one of: %s)"
                        .formatted(path(Names.shown(name)), String.join(", ", new TreeSet<>(known))));
            }
        });
    }

    boolean has(String field) {
        return tree.hasNonNull(field);
    }

    String text(String field) {
        JsonNode node = tree.path(field);
        if (!node.isTextual() || node.textValue().isEmpty()) {
            throw refused(path(field), node, "a text that is not empty");
        }
        return node.textValue();
    }

    String text(String field, String otherwise, int longest) {
        if (!has(field)) {
            return otherwise;
        }
        JsonNode node = tree.get(field);
        if (!node.isTextual() || node.textValue().length() > longest) {
            throw refused(path(field), node, "a text of at most %d characters".formatted(longest));
        }
        return node.textValue();
    }

    Duration duration(String field, Duration otherwise, Duration min, Duration max) {
        if (!has(field)) {
            return otherwise;
        }
        JsonNode node = tree.get(field);
        if (!node.isTextual() && !node.isIntegralNumber()) {
            throw refused(path(field), node, "a duration such as 30s");
        }
        return Query.duration(path(field), node.asText(), min, max);
    }

    int number(String field, int otherwise, int min, int max) {
        if (!has(field)) {
            return otherwise;
        }
        JsonNode node = tree.get(field);
        if (!node.isIntegralNumber() || !node.canConvertToInt() || node.intValue() < min || node.intValue() > max) {
            throw refused(path(field), node, min + ".." + max);
        }
        return node.intValue();
    }

    double number(String field, double otherwise, double min, double max) {
        if (!has(field)) {
            return otherwise;
        }
        JsonNode node = tree.get(field);
        if (!node.isNumber() || node.doubleValue() < min || node.doubleValue() > max) {
            throw refused(path(field), node, min + ".." + max);
        }
        return node.doubleValue();
    }

    boolean truth(String field, boolean otherwise) {
        if (!has(field)) {
            return otherwise;
        }
        JsonNode node = tree.get(field);
        if (!node.isBoolean()) {
            throw refused(path(field), node, "true or false");
        }
        return node.booleanValue();
    }

    /** The object in a field; an empty one when there is none. */
    JsonBody object(String field, Set<String> fields) {
        JsonBody object = new JsonBody(path(field), has(field) ? tree.get(field) : MAPPER.createObjectNode());
        object.requireFields(fields);
        return object;
    }

    /** What stands in a field, whatever it is. */
    Optional<JsonNode> any(String field) {
        return has(field) ? Optional.of(tree.get(field)) : Optional.empty();
    }

    List<String> texts(String field) {
        List<String> texts = new ArrayList<>();
        for (JsonNode each : array(field)) {
            if (!each.isTextual()) {
                throw refused(path(field) + "/" + texts.size(), each, "a text");
            }
            texts.add(each.textValue());
        }
        return texts;
    }

    List<JsonBody> items(String field) {
        List<JsonBody> items = new ArrayList<>();
        for (JsonNode each : array(field)) {
            items.add(new JsonBody(path(field) + "/" + items.size(), each));
        }
        return items;
    }

    private Iterable<JsonNode> array(String field) {
        if (!has(field)) {
            return List.of();
        }
        JsonNode node = tree.get(field);
        if (!node.isArray()) {
            throw refused(path(field), node, "an array");
        }
        return node;
    }

    private String path(String field) {
        return at + "/" + field;
    }

    private static EventMeshException refused(String path, JsonNode value, String expected) {
        String shown = value.isMissingNode() ? "absent" : Names.shown(value.toString());
        return Query.invalid("%s: %s (expected: %s)".formatted(path, shown, expected));
    }
}
