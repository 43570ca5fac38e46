package io.eventmesh.function.transform;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.function.JsonEvent;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.function.EventView;
import io.eventmesh.spi.function.Transformer;
import io.eventmesh.spi.function.TransformerProvider;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Data from a text with variables: {@code {"paths": {"sku": "$.data.sku"}, "template": "{\"item\": <sku>}"}}.
 *
 * <p>Always known, without a path: {@code <mesh.rule-name> <mesh.topic> <mesh.event.json> <mesh.event.data>
 * <mesh.ingestion-time>}. See {@link Template} for how values are inserted. An event whose result is not the JSON that
 * the template promises is refused.
 */
public final class TemplateTransformerProvider implements TransformerProvider {
    private static final int MAX_PATHS = 100;
    private static final Set<String> PREDEFINED =
            Set.of("mesh.rule-name", "mesh.topic", "mesh.event.json", "mesh.event.data", "mesh.ingestion-time");

    @Override
    public String name() {
        return "template";
    }

    @Override
    public Transformer compile(String spec, String ruleName) {
        TransformSpec fields = TransformSpec.of(spec, Set.of("paths", "template"));
        Map<String, JsonPath> paths = paths(fields);
        Set<String> known = new HashSet<>(PREDEFINED);
        known.addAll(paths.keySet());
        Template template = Template.of(fields.requiredText("template"), known);
        if (!template.isText()) {
            String trial = template.fill(name -> TextNode.valueOf("x"));
            if (json(trial) == null) {
                throw TransformSpec.invalid("template", "gives no JSON (expected: JSON, or text in quotes)");
            }
        }
        return new Quick() {
            @Override
            public Event apply(EventView event) {
                return fill(template, paths, ruleName, event);
            }
        };
    }

    private static Map<String, JsonPath> paths(TransformSpec fields) {
        JsonNode tree = fields.tree().path("paths");
        if (!tree.isMissingNode() && !tree.isObject()) {
            throw TransformSpec.invalid("paths", tree.getNodeType() + " (expected: an object of names and paths)");
        }
        if (tree.size() > MAX_PATHS) {
            throw TransformSpec.invalid("paths", "%d names (expected: at most %d)".formatted(tree.size(), MAX_PATHS));
        }
        Map<String, JsonPath> paths = new HashMap<>();
        tree.properties()
                .forEach(path ->
                        paths.put(path.getKey(), JsonPath.of(path.getValue().asText(), "paths." + path.getKey())));
        return paths;
    }

    private static Event fill(Template template, Map<String, JsonPath> paths, String ruleName, EventView event) {
        String filled = template.fill(name -> {
            JsonPath path = paths.get(name);
            return path == null
                    ? predefined(name, ruleName, event)
                    : path.find(JsonEvent.of(event).root());
        });
        if (template.isText()) {
            return Result.text(event.event(), filled, "text/plain");
        }
        JsonNode data = json(filled);
        if (data == null) {
            throw new EventMeshException(
                    ErrorCode.RULE_INVALID, "transform template: the filled template is not JSON for this event");
        }
        return Result.json(event.event(), data);
    }

    private static JsonNode predefined(String name, String ruleName, EventView event) {
        JsonNode root = JsonEvent.of(event).root();
        return switch (name) {
            case "mesh.rule-name" -> TextNode.valueOf(ruleName);
            case "mesh.topic" -> TextNode.valueOf(event.topic().value());
            case "mesh.event.data" -> root.path("data");
            case "mesh.ingestion-time" ->
                TextNode.valueOf(Instant.ofEpochMilli(event.appendTimeMillis()).toString());
            default -> root;
        };
    }

    private static @Nullable JsonNode json(String text) {
        try {
            JsonNode node = JsonEvent.MAPPER.readTree(text);
            return node.isMissingNode() ? null : node;
        } catch (JsonProcessingException notJson) {
            return null;
        }
    }
}
