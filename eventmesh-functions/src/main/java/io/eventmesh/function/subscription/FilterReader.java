package io.eventmesh.function.subscription;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.function.JsonEvent;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.function.Filter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BiPredicate;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

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

    Filter read(String spec) {
        if (spec.isBlank()) {
            return event -> true;
        }
        if (spec.length() > MAX_LENGTH) {
            throw invalid("$", spec.length() + " characters", "at most " + MAX_LENGTH);
        }
        JsonNode tree = tree(spec);
        if (!tree.isArray()) {
            throw invalid("$", kind(tree), "a JSON array of filters");
        }
        return allOf(list("$", tree, 1));
    }

    private static JsonNode tree(String spec) {
        try {
            return JSON.readTree(spec);
        } catch (JsonProcessingException notJson) {
            throw invalid("$", "not JSON: " + firstLine(notJson.getOriginalMessage()), "a JSON array of filters");
        }
    }

    private List<Filter> list(String path, JsonNode array, int depth) {
        List<Filter> list = new ArrayList<>();
        for (int i = 0; i < array.size(); i++) {
            list.add(filter(path + "[" + i + "]", array.get(i), depth));
        }
        return list;
    }

    private Filter filter(String path, JsonNode node, int depth) {
        if (++filters > MAX_FILTERS) {
            throw invalid(path, filters + " filters", "at most " + MAX_FILTERS);
        }
        if (depth > MAX_DEPTH) {
            throw invalid(path, "nested " + depth + " deep", "at most " + MAX_DEPTH);
        }
        if (!node.isObject()) {
            throw invalid(path, kind(node), "an object with " + DIALECTS);
        }
        if (node.size() != 1) {
            throw invalid(path, node.size() + " dialects", "exactly one in an object: " + DIALECTS);
        }
        Map.Entry<String, JsonNode> only = node.properties().iterator().next();
        String dialect = only.getKey();
        String inner = path + "." + dialect;
        JsonNode value = only.getValue();
        return switch (dialect) {
            case "exact" -> comparing(inner, value, String::equals);
            case "prefix" -> comparing(inner, value, String::startsWith);
            case "suffix" -> comparing(inner, value, String::endsWith);
            case "all" -> allOf(nested(inner, value, depth));
            case "any" -> anyOf(nested(inner, value, depth));
            case "not" -> not(filter(inner, value, depth + 1));
            case "sql" -> sql(inner, value);
            default -> throw invalid(path, "'" + dialect + "'", DIALECTS);
        };
    }

    private List<Filter> nested(String path, JsonNode value, int depth) {
        if (!value.isArray() || value.isEmpty()) {
            throw invalid(path, value.isArray() ? "[]" : kind(value), "an array of at least one filter");
        }
        return list(path, value, depth + 1);
    }

    private static Filter comparing(String path, JsonNode attributes, BiPredicate<String, String> comparison) {
        if (!attributes.isObject() || attributes.isEmpty()) {
            throw invalid(
                    path,
                    attributes.isObject() ? "{}" : kind(attributes),
                    "an object of attribute names and values, at least one");
        }
        List<Filter> each = new ArrayList<>();
        attributes.properties().forEach(attribute -> {
            String name = attributeName(path, attribute.getKey());
            JsonNode value = attribute.getValue();
            if (!value.isTextual() || value.textValue().isEmpty()) {
                throw invalid(path + "." + name, value.isTextual() ? "''" : kind(value), "a string that is not empty");
            }
            String expected = value.textValue();
            each.add(view -> {
                String actual = valueOf(view.event(), name);
                return actual != null && comparison.test(actual, expected);
            });
        });
        return allOf(each);
    }

    private static String attributeName(String path, String name) {
        if (!ATTRIBUTE.matcher(name).matches() || name.equals("data")) {
            throw invalid(
                    path, "'" + name + "'", "an attribute's name: 1 to 64 lower-case letters and digits, not data");
        }
        return name;
    }

    private static Filter sql(String path, JsonNode value) {
        if (!value.isTextual()) {
            throw invalid(path, kind(value), "a string");
        }
        try {
            return SqlFilter.of(value.textValue());
        } catch (IllegalArgumentException refused) {
            throw invalid(path, String.valueOf(refused.getMessage()), "a CloudEvents SQL expression");
        }
    }

    /** An attribute as a string; null if the event lacks it. */
    static @Nullable String valueOf(Event event, String name) {
        return switch (name) {
            case "id" -> presence(event.id());
            case "source" -> presence(event.source());
            case "type" -> presence(event.type());
            case "specversion" -> presence(event.specVersion());
            default -> event.attribute(name);
        };
    }

    private static @Nullable String presence(String text) {
        return text.isEmpty() ? null : text;
    }

    private static Filter allOf(List<Filter> filters) {
        Filter[] all = filters.toArray(Filter[]::new);
        if (all.length == 1) {
            return all[0];
        }
        return event -> {
            for (Filter filter : all) {
                if (!filter.test(event)) {
                    return false;
                }
            }
            return true;
        };
    }

    private static Filter anyOf(List<Filter> filters) {
        Filter[] any = filters.toArray(Filter[]::new);
        return event -> {
            for (Filter filter : any) {
                if (filter.test(event)) {
                    return true;
                }
            }
            return false;
        };
    }

    private static Filter not(Filter filter) {
        return event -> !filter.test(event);
    }

    private static String kind(JsonNode node) {
        return node.isMissingNode()
                ? "nothing"
                : "a JSON " + node.getNodeType().name().toLowerCase(java.util.Locale.ROOT);
    }

    private static EventMeshException invalid(String path, String value, String expected) {
        return new EventMeshException(
                ErrorCode.RULE_INVALID, "filter %s: %s (expected: %s)".formatted(path, value, expected));
    }

    private static String firstLine(String text) {
        return text.lines().findFirst().orElse("");
    }
}
