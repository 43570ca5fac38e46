package io.eventmesh.function.transform;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.eventmesh.common.topic.Names;
import io.eventmesh.function.JsonEvent;
import io.eventmesh.spi.function.InvalidSpec;
import java.util.Set;
import java.util.TreeSet;

/** A transform's specification while it is read: every access names what is missing or wrong. */
public record TransformSpec(JsonNode tree) {
    /** The longest text of a specification, in characters. */
    private static final int MAX_LENGTH = 1 << 18;

    /** Reads an object that has no other fields than those named. */
    public static TransformSpec of(String spec, Set<String> fields) {
        TransformSpec read = of(spec);
        read.tree.fieldNames().forEachRemaining(field -> {
            if (!fields.contains(field)) {
                throw new InvalidSpec(
                        "/" + Names.shown(field), "unknown field (expected one of: " + new TreeSet<>(fields) + ")");
            }
        });
        return read;
    }

    /** Reads an object. */
    static TransformSpec of(String spec) {
        if (spec.length() > MAX_LENGTH) {
            throw new InvalidSpec("", "%d characters (expected: at most %d)".formatted(spec.length(), MAX_LENGTH));
        }
        JsonNode tree;
        try {
            tree = JsonEvent.MAPPER.readTree(spec);
        } catch (JsonProcessingException notJson) {
            throw new InvalidSpec("", "not JSON: " + notJson.getOriginalMessage());
        } catch (NumberFormatException beyond) {
            throw new InvalidSpec("", "a number beyond all bounds (expected: an exponent of 32 bits)");
        }
        if (!tree.isObject()) {
            throw new InvalidSpec("", tree.getNodeType() + " (expected: a JSON object)");
        }
        return new TransformSpec(tree);
    }

    boolean has(String field) {
        return tree.has(field);
    }

    JsonNode required(String field) {
        JsonNode node = tree.get(field);
        if (node == null) {
            throw new InvalidSpec("/" + field, "absent (expected: a value)");
        }
        return node;
    }

    public String requiredText(String field) {
        JsonNode node = required(field);
        if (!node.isTextual()) {
            throw new InvalidSpec("/" + field, node.getNodeType() + " (expected: a string)");
        }
        return node.textValue();
    }

    /** The one of two spellings of a field that is there. */
    String oneOf(String ours, String other) {
        if (has(ours) && has(other)) {
            throw new InvalidSpec("/" + other, "beside %s (expected: one of both)".formatted(ours));
        }
        return has(other) ? other : ours;
    }
}
