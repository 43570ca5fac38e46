package io.eventmesh.function.transform;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;

/** What an attribute is set to. */
sealed interface AttributeText {
    /** The value for an event: a string, an integer of 32 bits, a boolean; missing for none. */
    JsonNode value(Variables.Values values);

    /** The same for every event. */
    record Fixed(JsonNode value) implements AttributeText {
        @Override
        public JsonNode value(Variables.Values values) {
            return value;
        }
    }

    /** Made of the event. */
    record Filled(Template template) implements AttributeText {
        @Override
        public JsonNode value(Variables.Values values) {
            String only = template.onlyVariable();
            if (only.isEmpty()) {
                return TextNode.valueOf(template.text(values::value));
            }
            JsonNode value = values.value(only);
            if (value.isContainerNode()) {
                throw new EventMeshException(
                        ErrorCode.RULE_INVALID,
                        "<%s> is %s (expected: a string, number or boolean)"
                                .formatted(only, value.isArray() ? "an array" : "an object"));
            }
            boolean typed = value.isBoolean() || (value.isIntegralNumber() && value.canConvertToInt());
            return typed || value.isMissingNode() || value.isNull() ? value : TextNode.valueOf(value.asText());
        }
    }
}
