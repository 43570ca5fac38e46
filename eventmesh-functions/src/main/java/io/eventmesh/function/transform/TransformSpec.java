package io.eventmesh.function.transform;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.Names;
import io.eventmesh.function.JsonEvent;
import java.util.Set;
import java.util.TreeSet;

/** A transform's specification while it is read: every access names what is missing or wrong. */
record TransformSpec(JsonNode tree) {
    /** Reads an object that has no other fields than those named. */
    static TransformSpec of(String spec, Set<String> fields) {
        JsonNode tree;
        try {
            tree = JsonEvent.MAPPER.readTree(spec);
        } catch (JsonProcessingException notJson) {
            throw invalid("spec", "not JSON: " + notJson.getOriginalMessage());
        }
        if (!tree.isObject()) {
            throw invalid("spec", tree.getNodeType() + " (expected: a JSON object)");
        }
        tree.fieldNames().forEachRemaining(field -> {
            if (!fields.contains(field)) {
                throw invalid(Names.shown(field), "unknown field (expected one of: " + new TreeSet<>(fields) + ")");
            }
        });
        return new TransformSpec(tree);
    }

    JsonNode required(String field) {
        JsonNode node = tree.get(field);
        if (node == null) {
            throw invalid(field, "absent (expected: a value)");
        }
        return node;
    }

    String requiredText(String field) {
        JsonNode node = required(field);
        if (!node.isTextual()) {
            throw invalid(field, node.getNodeType() + " (expected: a string)");
        }
        return node.textValue();
    }

    static EventMeshException invalid(String path, String problem) {
        return new EventMeshException(ErrorCode.RULE_INVALID, "transform.spec.%s: %s".formatted(path, problem));
    }
}
