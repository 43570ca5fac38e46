package io.eventmesh.function.transform;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.eventmesh.common.topic.Names;
import io.eventmesh.spi.event.ReservedAttributes;
import io.eventmesh.spi.function.InvalidSpec;
import io.eventmesh.spi.function.TransformTerms;
import io.eventmesh.spi.function.Transformer;
import io.eventmesh.spi.function.TransformerProvider;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Other attributes, the same data: {@code {"rename": {"old": "new"}, "remove": ["debug"], "set": {"type":
 * "order.<kind>", "priority": 7}, "paths": {"kind": "$.data.kind"}}}, done in that order with the values that the event
 * had before.
 *
 * <p>Values to set are texts with variables as in templates that give text, integers or booleans. A text that is nothing
 * but one variable keeps the type of a boolean or an integer; one that comes out empty leaves the attribute as it was.
 * {@code id}, {@code specversion} and {@code data} cannot be changed, {@code source} and {@code type} only be set, names
 * that the mesh keeps for itself are refused. An event that would break a rule of CloudEvents afterwards is refused.
 */
public final class AttributesTransformerProvider implements TransformerProvider {
    private static final int MAX_CHANGES = 100;
    private static final Pattern NAME = Pattern.compile("[a-z0-9]{1,64}");
    private static final Set<String> FIXED = Set.of("id", "specversion", "data");
    private static final Set<String> REQUIRED = Set.of("source", "type");

    @Override
    public String name() {
        return "attributes";
    }

    @Override
    public Transformer compile(String spec, TransformTerms terms) {
        TransformSpec fields = TransformSpec.of(spec, Set.of("paths", "set", "remove", "rename"));
        Variables variables = Variables.of(terms.name()).paths(fields.tree().path("paths"), "/paths");
        Map<String, String> renames = renames(object(fields, "rename"));
        List<String> removals = removals(fields.tree().path("remove"));
        Map<String, AttributeText> set = set(object(fields, "set"), variables);
        int changes = renames.size() + removals.size() + set.size();
        if (changes == 0 || changes > MAX_CHANGES) {
            throw new InvalidSpec("", "%d changes (expected: 1..%d)".formatted(changes, MAX_CHANGES));
        }
        AttributeChanges compiled = new AttributeChanges(renames, removals, set, variables);
        return Quick.of(compiled::apply);
    }

    private static JsonNode object(TransformSpec fields, String field) {
        JsonNode tree = fields.tree().path(field);
        if (!tree.isMissingNode() && !tree.isObject()) {
            throw new InvalidSpec("/" + field, tree.getNodeType() + " (expected: an object)");
        }
        return tree;
    }

    private static Map<String, String> renames(JsonNode tree) {
        Map<String, String> renames = new LinkedHashMap<>();
        for (Map.Entry<String, JsonNode> rename : tree.properties()) {
            String at = "/rename/" + Names.shown(rename.getKey());
            requireOptional(rename.getKey(), at);
            if (!rename.getValue().isTextual()) {
                throw new InvalidSpec(at, rename.getValue().getNodeType() + " (expected: a name)");
            }
            String to = rename.getValue().textValue();
            requireOptional(to, at);
            if (renames.containsValue(to)) {
                throw new InvalidSpec(at, "'%s' twice (expected: each new name once)".formatted(to));
            }
            renames.put(rename.getKey(), to);
        }
        return renames;
    }

    private static List<String> removals(JsonNode tree) {
        if (!tree.isMissingNode() && !tree.isArray()) {
            throw new InvalidSpec("/remove", tree.getNodeType() + " (expected: an array of names)");
        }
        List<String> removals = new ArrayList<>();
        for (JsonNode name : tree) {
            String at = "/remove/" + removals.size();
            if (!name.isTextual()) {
                throw new InvalidSpec(at, name.getNodeType() + " (expected: a name)");
            }
            requireOptional(name.textValue(), at);
            removals.add(name.textValue());
        }
        return removals;
    }

    private static Map<String, AttributeText> set(JsonNode tree, Variables variables) {
        Map<String, AttributeText> set = new LinkedHashMap<>();
        for (Map.Entry<String, JsonNode> one : tree.properties()) {
            String name = one.getKey();
            String at = "/set/" + Names.shown(name);
            requireChangeable(name, at);
            set.put(name, value(name, one.getValue(), variables, at));
        }
        return set;
    }

    private static AttributeText value(String name, JsonNode value, Variables variables, String at) {
        if (value.isTextual()) {
            Template template = Template.of(value.textValue(), Template.Spelling.ANGLE, variables, at);
            if (!template.hasVariables()) {
                AttributeChanges.requireValid(name, template.text(none -> MissingNode.getInstance()), at);
            }
            return new AttributeText.Filled(template);
        }
        boolean integer = value.isIntegralNumber() && value.canConvertToInt();
        if (!value.isBoolean() && !integer) {
            throw new InvalidSpec(
                    at, "%s (expected: a string, an integer of 32 bits or a boolean)".formatted(value.getNodeType()));
        }
        if (AttributeChanges.ALWAYS_TEXT.contains(name)) {
            throw new InvalidSpec(at, "%s (expected: a string)".formatted(value.getNodeType()));
        }
        return new AttributeText.Fixed(value);
    }

    private static void requireChangeable(String name, String at) {
        if (!NAME.matcher(name).matches()) {
            throw new InvalidSpec(at, "'%s' (expected: 1 to 64 of a-z and 0-9)".formatted(Names.shown(name)));
        }
        if (FIXED.contains(name)) {
            throw new InvalidSpec(at, "'%s' (expected: an attribute that may change)".formatted(name));
        }
        if (ReservedAttributes.isReserved(name)) {
            throw new InvalidSpec(at, "'%s' (expected: none that the mesh keeps for itself)".formatted(name));
        }
    }

    private static void requireOptional(String name, String at) {
        requireChangeable(name, at);
        if (REQUIRED.contains(name)) {
            throw new InvalidSpec(at, "'%s' (expected: an optional attribute)".formatted(name));
        }
    }
}
