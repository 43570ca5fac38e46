package io.eventmesh.admin.definition;

import com.fasterxml.jackson.databind.JsonNode;
import io.eventmesh.rules.spec.InvalidDocument.Field;
import java.util.List;

/** Keeps secrets out of the database: what a schema calls {@code writeOnly} is named by a reference, never written out. */
final class Secrets {
    private Secrets() {}

    /** Adds a problem for every secret that is written out. The value is not repeated. */
    static void refuseLiterals(JsonNode schema, JsonNode value, String path, List<Field> problems) {
        if (schema.path("writeOnly").asBoolean(false)) {
            boolean reference = value.isTextual() && value.textValue().contains("${");
            boolean empty =
                    value.isNull() || (value.isTextual() && value.textValue().isEmpty());
            if (!reference && !empty) {
                problems.add(new Field(
                        path, "a secret in plain text (expected: a reference, ${env:NAME} or ${file:/path#key})"));
            }
            return;
        }
        if (value.isObject()) {
            value.properties().forEach(field -> {
                JsonNode inner = schema.path("properties").path(field.getKey());
                refuseLiterals(
                        inner.isMissingNode() ? schema.path("additionalProperties") : inner,
                        field.getValue(),
                        path + "/" + field.getKey().replace("~", "~0").replace("/", "~1"),
                        problems);
            });
        } else if (value.isArray()) {
            for (int i = 0; i < value.size(); i++) {
                refuseLiterals(schema.path("items"), value.get(i), path + "/" + i, problems);
            }
        }
    }
}
