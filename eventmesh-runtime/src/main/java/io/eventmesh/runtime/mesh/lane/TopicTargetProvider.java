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
import io.eventmesh.spi.target.TargetContext;
import io.eventmesh.spi.target.TargetSender;
import io.eventmesh.spi.target.TargetSenderProvider;
import java.util.Iterator;

/** Targets that are topics of the mesh: {@code {"topic": "package-names"}}. */
public final class TopicTargetProvider implements TargetSenderProvider {
    private static final ObjectReader JSON =
            new ObjectMapper().reader().with(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    @Override
    public String name() {
        return "topic";
    }

    @Override
    public void validate(String namespace, String spec) {
        topic(spec);
    }

    @Override
    public TargetSender create(String spec, TargetContext context) {
        return new TopicTarget(context.namespace(), topic(spec), context.mesh());
    }

    private static TopicName topic(String spec) {
        JsonNode tree;
        try {
            tree = JSON.readTree(spec);
        } catch (JsonProcessingException notJson) {
            throw refused("spec", spec, "a JSON object such as {\"topic\": \"orders\"}");
        }
        JsonNode topic = tree.path("topic");
        if (!topic.isTextual()) {
            throw refused("spec.topic", topic.toString(), "the name of a topic");
        }
        for (Iterator<String> names = tree.fieldNames(); names.hasNext(); ) {
            String name = names.next();
            if (!name.equals("topic")) {
                throw refused("spec." + name, name, "no other field than topic");
            }
        }
        try {
            TopicName parsed = TopicName.of(topic.textValue());
            if (parsed.isReserved()) {
                throw refused("spec.topic", parsed.value(), "not beginning with _, those belong to the mesh");
            }
            return parsed;
        } catch (EventMeshException notATopic) {
            throw new EventMeshException(ErrorCode.RULE_INVALID, "spec." + notATopic.reason(), notATopic);
        }
    }

    private static EventMeshException refused(String field, String value, String expected) {
        return new EventMeshException(
                ErrorCode.RULE_INVALID, "%s: '%s' (expected: %s)".formatted(field, Names.shown(value), expected));
    }
}
