package io.eventmesh.function.subscription;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import io.eventmesh.function.JsonEvent;
import io.eventmesh.function.Spot;
import io.eventmesh.function.subscription.Dialect.Comparison;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** Makes one filter out of a subscription's filters, and refuses what the specification does not allow. For one use. */
final class FilterReader {
    private static final int MAX_LENGTH = 65_536;
    private static final int MAX_FILTERS = 100;
    private static final int MAX_DEPTH = 16;
    private static final String DIALECTS = "one of exact, prefix, suffix, all, any, not, sql";
    private static final Pattern ATTRIBUTE = Pattern.compile("[a-z0-9]{1,64}");
    private static final ObjectReader JSON = JsonEvent.MAPPER
            .readerFor(JsonNode.class)
            .with(DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY, DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    private int filters;

    Dialect read(String spec) {
        Spot top = Spot.DIALECTS;
        if (spec.isBlank()) {
            return new Dialect.All(List.of(), top);
        }
        if (spec.length() > MAX_LENGTH) {
            throw top.refuse(spec.length() + " characters", "at most " + MAX_LENGTH);
        }
        JsonNode tree = tree(spec);
        if (!tree.isArray()) {
            throw top.refuse(tree, "a JSON array of filters");
        }
        return allOf(list(tree, top, 1), top);
    }

    private static JsonNode tree(String spec) {
        try {
            return JSON.readTree(spec);
        } catch (NumberFormatException notInBounds) {
            throw Spot.DIALECTS.refuse("a number of more digits than fit", "exponents of up to nine digits");
        } catch (JsonProcessingException notJson) {
            throw Spot.DIALECTS.refuse(
                    "not JSON: " + firstLine(notJson.getOriginalMessage()), "a JSON array of filters");
        }
    }

    private List<Dialect> list(JsonNode array, Spot spot, int depth) {
        List<Dialect> list = new ArrayList<>();
        for (int i = 0; i < array.size(); i++) {
            list.add(filter(array.get(i), spot.child(i), depth));
        }
        return list;
    }

    private Dialect filter(JsonNode node, Spot spot, int depth) {
        if (++filters > MAX_FILTERS) {
            throw spot.refuse(filters + " filters", "at most " + MAX_FILTERS);
        }
        if (depth > MAX_DEPTH) {
            throw spot.refuse("nested " + depth + " deep", "at most " + MAX_DEPTH);
        }
        if (!node.isObject()) {
            throw spot.refuse(node, "an object with " + DIALECTS);
        }
        if (node.size() != 1) {
            throw spot.refuse(node.size() + " dialects", "exactly one in an object: " + DIALECTS);
        }
        Map.Entry<String, JsonNode> only = node.properties().iterator().next();
        String dialect = only.getKey();
        Spot inner = spot.child(dialect);
        JsonNode value = only.getValue();
        return switch (dialect) {
            case "exact" -> comparing(Comparison.EXACT, value, inner);
            case "prefix" -> comparing(Comparison.PREFIX, value, inner);
            case "suffix" -> comparing(Comparison.SUFFIX, value, inner);
            case "all" -> allOf(nested(value, inner, depth), inner);
            case "any" -> new Dialect.Any(nested(value, inner, depth), inner);
            case "not" -> new Dialect.Not(filter(value, inner, depth + 1), inner);
            case "sql" -> sql(value, inner);
            default -> throw spot.refuse("'" + dialect + "'", DIALECTS);
        };
    }

    private List<Dialect> nested(JsonNode value, Spot spot, int depth) {
        if (!value.isArray() || value.isEmpty()) {
            throw spot.refuse(value, "an array of at least one filter");
        }
        return List.copyOf(list(value, spot, depth + 1));
    }

    private static Dialect comparing(Comparison comparison, JsonNode attributes, Spot spot) {
        if (!attributes.isObject() || attributes.isEmpty()) {
            throw spot.refuse(attributes, "an object of attribute names and values, at least one");
        }
        List<Dialect> each = new ArrayList<>();
        for (Map.Entry<String, JsonNode> attribute : attributes.properties()) {
            String name = attribute.getKey();
            if (!ATTRIBUTE.matcher(name).matches() || name.equals("data")) {
                throw spot.refuse(
                        "'" + name + "'", "an attribute's name: 1 to 64 lower-case letters and digits, not data");
            }
            JsonNode value = attribute.getValue();
            Spot inner = spot.child(name);
            if (!value.isTextual() || value.textValue().isEmpty()) {
                throw inner.refuse(value, "a string that is not empty");
            }
            each.add(new Dialect.Compare(comparison, name, value.textValue(), inner));
        }
        return allOf(each, spot);
    }

    private static Dialect sql(JsonNode value, Spot spot) {
        if (!value.isTextual()) {
            throw spot.refuse(value, "a string");
        }
        try {
            return new Dialect.Sql(SqlFilter.of(value.textValue()), value.textValue(), spot);
        } catch (IllegalArgumentException refused) {
            throw spot.refuse(String.valueOf(refused.getMessage()), "a CloudEvents SQL expression");
        }
    }

    private static Dialect allOf(List<Dialect> members, Spot spot) {
        return members.size() == 1 ? members.get(0) : new Dialect.All(List.copyOf(members), spot);
    }

    private static String firstLine(String text) {
        return text.lines().findFirst().orElse("");
    }
}
