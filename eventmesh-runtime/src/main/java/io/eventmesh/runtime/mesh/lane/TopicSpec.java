package io.eventmesh.runtime.mesh.lane;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.Names;
import io.eventmesh.common.topic.TopicName;
import java.util.Iterator;
import java.util.List;

/** The specification of a target that is reached by a topic. Stateless. */
final class TopicSpec {
    private static final ObjectReader JSON =
            new ObjectMapper().reader().with(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    private TopicSpec() {}

    /** The specification, which has no other fields than these. */
    static JsonNode tree(String spec, List<String> fields) {
        JsonNode tree;
        try {
            tree = JSON.readTree(spec);
        } catch (JsonProcessingException notJson) {
            throw refused("spec", spec, "a JSON object such as {\"topic\": \"orders\"}");
        }
        for (Iterator<String> names = tree.fieldNames(); names.hasNext(); ) {
            String name = names.next();
            if (!fields.contains(name)) {
                throw refused("spec." + name, name, "no other field than " + String.join(", ", fields));
            }
        }
        return tree;
    }

    /** The topic that stands in the specification, none of the mesh's own. */
    static TopicName topic(JsonNode tree) {
        JsonNode topic = tree.path("topic");
        if (!topic.isTextual()) {
            throw refused("spec.topic", topic.toString(), "the name of a topic");
        }
        try {
            TopicName parsed = TopicName.of(topic.textValue());
            if (parsed.isReserved()) {
                throw refused("spec.topic", parsed.value(), "not beginning with _, those belong to the mesh");
            }
            return parsed;
        } catch (EventMeshException notATopic) {
            String reason = notATopic.reason();
            throw new EventMeshException(
                    ErrorCode.RULE_INVALID, reason.startsWith("spec.") ? reason : "spec." + reason, notATopic);
        }
    }

    static EventMeshException refused(String field, String value, String expected) {
        return new EventMeshException(
                ErrorCode.RULE_INVALID, "%s: '%s' (expected: %s)".formatted(field, Names.shown(value), expected));
    }
}
