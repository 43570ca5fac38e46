package io.eventmesh.function.jsonata;

import com.dashjoin.jsonata.JException;
import com.dashjoin.jsonata.Jsonata;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Between JSON and the engine's values. */
final class Values {
    private static final int MAX_DEPTH = 100;
    /** Up to here every whole double is exact. */
    private static final double MAX_WHOLE = 1L << 53;

    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    private Values() {}

    static @Nullable Object of(JsonNode node) {
        switch (node.getNodeType()) {
            case OBJECT -> {
                Map<String, @Nullable Object> map = new LinkedHashMap<>();
                node.properties().forEach(field -> map.put(field.getKey(), of(field.getValue())));
                return map;
            }
            case ARRAY -> {
                List<@Nullable Object> list = new ArrayList<>(node.size());
                node.forEach(element -> list.add(of(element)));
                return list;
            }
            case STRING -> {
                return node.textValue();
            }
            case BOOLEAN -> {
                return node.booleanValue();
            }
            case NUMBER -> {
                return number(node);
            }
            case NULL, MISSING, BINARY, POJO -> {
                return null;
            }
        }
        return null;
    }

    private static Number number(JsonNode node) {
        if (node.isInt() || node.isShort()) {
            return node.intValue();
        }
        if (node.isLong()) {
            return node.longValue();
        }
        double value = node.doubleValue();
        if (!Double.isFinite(value)) {
            throw new JException("a number of the event is out of range (expected: one that a double can hold)", 0);
        }
        return value;
    }

    /** As JSON; whole numbers without a fraction. */
    static JsonNode json(@Nullable Object value, Budget budget) {
        return json(value, budget, 0);
    }

    private static JsonNode json(@Nullable Object value, Budget budget, int depth) {
        budget.step();
        if (depth > MAX_DEPTH) {
            throw budget.exceed("a result deeper than " + MAX_DEPTH);
        }
        if (value == null || value == Jsonata.NULL_VALUE) {
            return NODES.nullNode();
        }
        if (value instanceof String text) {
            return NODES.textNode(text);
        }
        if (value instanceof Boolean bool) {
            return NODES.booleanNode(bool);
        }
        if (value instanceof Number number) {
            return number(number);
        }
        if (value instanceof Map<?, ?> map) {
            ObjectNode object = NODES.objectNode();
            map.forEach((name, field) -> object.set(String.valueOf(name), json(field, budget, depth + 1)));
            return object;
        }
        if (value instanceof Iterable<?> list) {
            ArrayNode array = NODES.arrayNode();
            list.forEach(element -> array.add(json(element, budget, depth + 1)));
            return array;
        }
        throw new JException("the result holds a function (expected: a JSON value)", 0);
    }

    private static JsonNode number(Number number) {
        if (number instanceof Integer || number instanceof Long) {
            return NODES.numberNode(number.longValue());
        }
        double value = number.doubleValue();
        if (!Double.isFinite(value)) {
            throw new JException("the result holds %s (expected: a number)".formatted(value), 0);
        }
        return value == Math.rint(value) && Math.abs(value) <= MAX_WHOLE
                ? NODES.numberNode((long) value)
                : NODES.numberNode(value);
    }
}
