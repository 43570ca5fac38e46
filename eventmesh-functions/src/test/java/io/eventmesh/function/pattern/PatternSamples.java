package io.eventmesh.function.pattern;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.DecimalNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * Patterns and payloads by chance, out of few names and values, so that they often meet: objects of up to three levels,
 * arrays at each, all operators, {@code $or}, {@code $all} and {@code $field}.
 */
final class PatternSamples {
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
    private static final List<String> NAMES = List.of("a", "b", "c", "d");
    private static final List<String> TEXTS = List.of(
            "",
            "a",
            "A",
            "ab",
            "Ab",
            "abc",
            "aBc",
            "bc",
            "abab",
            "a*c",
            "a\\c",
            "5",
            "true",
            "ä",
            "Äb",
            "10.1.2.3",
            "010.1.2.3",
            "10.2.0.1",
            "192.168.1.1",
            "2001:db8::1",
            "2001:db8:0::1",
            "::1");
    private static final List<String> NUMBERS = List.of(
            "0", "-0.0", "1", "1.0", "2", "5", "5.00", "50e-1", "-3", "0.1", "1e3", "12345678901234567890", "4.9999");
    private static final List<String> WILDCARDS =
            List.of("*", "a*", "*c", "a*c", "*b*", "a\\*c", "a\\\\*", "*ab*ab", "", "abc", "*a*b*c*", "1*.*.1");
    private static final List<String> BLOCKS = List.of(
            "10.0.0.0/8",
            "10.1.0.0/16",
            "10.1.2.3/30",
            "0.0.0.0/0",
            "192.168.0.0/16",
            "2001:db8::/32",
            "::/0",
            "::1/120");

    private final Random random;
    private final boolean ours;

    /** @param ours whether {@code $all} and {@code $field} occur */
    PatternSamples(Random random, boolean ours) {
        this.random = random;
        this.ours = ours;
    }

    /** A pattern on the payload and sometimes on attributes. */
    ObjectNode pattern() {
        ObjectNode pattern = JSON.objectNode();
        pattern.set("data", object(0));
        if (oneIn(6)) {
            pattern.set(one(List.of("region", "priority", "express", "missing")), entries("."));
        }
        return pattern;
    }

    /** A pattern much like another. */
    ObjectNode like(ObjectNode pattern) {
        ObjectNode copy = pattern.deepCopy();
        vary(copy);
        return copy;
    }

    private void vary(ObjectNode object) {
        List<String> names = new ArrayList<>();
        object.fieldNames().forEachRemaining(names::add);
        for (String name : names) {
            JsonNode value = object.get(name);
            if (oneIn(8) && object.size() > 1) {
                object.remove(name);
            } else if (value instanceof ObjectNode inner) {
                vary(inner);
            } else if (name.equals("$or")) {
                value.forEach(choice -> vary((ObjectNode) choice));
            } else if (oneIn(4)) {
                ArrayNode entries = (ArrayNode) value;
                entries.set(random.nextInt(entries.size()), entry("data", 0));
            } else if (oneIn(6)) {
                ((ArrayNode) value).add(entry("data", 0));
            }
        }
    }

    private ObjectNode object(int depth) {
        ObjectNode object = JSON.objectNode();
        int members = 1 + (oneIn(2) ? 0 : random.nextInt(3));
        while (object.size() < members) {
            if (oneIn(10) && depth < 3) {
                ArrayNode or = JSON.arrayNode();
                for (int i = 2 + random.nextInt(2); i > 0; i--) {
                    or.add(object(depth + 1));
                }
                object.set("$or", or);
            } else if (depth < 2 && oneIn(2)) {
                object.set(name(), object(depth + 1));
            } else {
                object.set(oneIn(20) ? one(NAMES) + "." + one(NAMES) : name(), entries("data"));
            }
        }
        return object;
    }

    private String name() {
        return one(NAMES);
    }

    private ArrayNode entries(String prefix) {
        ArrayNode entries = JSON.arrayNode();
        for (int i = oneIn(2) ? 1 : 1 + random.nextInt(3); i > 0; i--) {
            entries.add(entry(prefix, 0));
        }
        return entries;
    }

    private JsonNode entry(String prefix, int depth) {
        int kind = random.nextInt(ours && depth < 2 ? 17 : 14);
        return switch (kind) {
            case 0, 1, 2 -> scalar();
            case 3 -> operator("exactly", text());
            case 4 -> operator("prefix", oneIn(3) ? operator("equals-ignore-case", text()) : text());
            case 5 -> operator("suffix", oneIn(3) ? operator("equals-ignore-case", text()) : text());
            case 6 -> operator("equals-ignore-case", text());
            case 7 -> operator("wildcard", JSON.textNode(one(WILDCARDS)));
            case 8, 9 -> operator("numeric", range());
            case 10 -> operator("cidr", JSON.textNode(one(BLOCKS)));
            case 11 -> operator("exists", JSON.booleanNode(!oneIn(3)));
            case 12, 13 -> operator("anything-but", excluded());
            case 14, 15 -> {
                ArrayNode all = JSON.arrayNode();
                for (int i = 1 + random.nextInt(2); i >= 0; i--) {
                    all.add(entry(prefix, depth + 1));
                }
                yield operator("$all", all);
            }
            default -> operator("$field", JSON.textNode(other()));
        };
    }

    private String other() {
        if (oneIn(5)) {
            return one(List.of("region", "priority"));
        }
        StringBuilder path = new StringBuilder("data");
        for (int i = random.nextInt(3); i >= 0; i--) {
            path.append('.').append(name());
        }
        return path.toString();
    }

    private JsonNode range() {
        ArrayNode range = JSON.arrayNode();
        JsonNode first = number();
        if (oneIn(2)) {
            return range.add(one(List.of("=", "<", "<=", ">", ">="))).add(first);
        }
        JsonNode second = number();
        int order = first.decimalValue().compareTo(second.decimalValue());
        if (order == 0) {
            second = JSON.numberNode(first.decimalValue().add(BigDecimal.ONE));
        }
        return range.add(one(List.of(">", ">=")))
                .add(order > 0 ? second : first)
                .add(one(List.of("<", "<=")))
                .add(order > 0 ? first : second);
    }

    private JsonNode excluded() {
        if (oneIn(3)) {
            String operator = one(List.of("prefix", "suffix", "equals-ignore-case", "wildcard"));
            ArrayNode texts = JSON.arrayNode();
            for (int i = 1 + random.nextInt(2); i > 0; i--) {
                texts.add(operator.equals("wildcard") ? one(WILDCARDS) : one(TEXTS.subList(1, TEXTS.size())));
            }
            return operator(operator, oneIn(2) ? texts.get(0) : texts);
        }
        boolean numbers = oneIn(3);
        if (oneIn(2)) {
            return numbers ? number() : text();
        }
        ArrayNode values = JSON.arrayNode();
        for (int i = 1 + random.nextInt(3); i > 0; i--) {
            values.add(numbers ? number() : text());
        }
        return values;
    }

    private static ObjectNode operator(String name, JsonNode operand) {
        return JSON.objectNode().set(name, operand);
    }

    /** A payload by chance alone. */
    JsonNode payload() {
        return value(0);
    }

    /**
     * A payload made to meet a pattern more often than not.
     *
     * @param pattern what stands below {@code data}
     */
    JsonNode payloadFor(JsonNode pattern) {
        ObjectNode payload = JSON.objectNode();
        fill(payload, pattern);
        if (oneIn(3)) {
            payload.set(name(), value(1));
        }
        return payload;
    }

    private void fill(ObjectNode into, JsonNode pattern) {
        pattern.properties().forEach(member -> {
            String name = member.getKey();
            JsonNode asked = member.getValue();
            if (name.equals("$or")) {
                fill(into, asked.get(random.nextInt(asked.size())));
            } else if (asked.isArray()) {
                JsonNode value = oneIn(15) ? value(1) : meeting(asked.get(random.nextInt(asked.size())));
                if (!value.isMissingNode()) {
                    into.set(name, oneIn(5) ? elements().add(value) : value);
                }
            } else {
                ObjectNode inner = into.path(name).isObject() ? (ObjectNode) into.get(name) : JSON.objectNode();
                fill(inner, asked);
                into.set(name, oneIn(3) ? elements().add(inner) : inner);
            }
        });
    }

    /** One, and now and then so many that they are looked up. */
    private ArrayNode elements() {
        ArrayNode elements = JSON.arrayNode();
        for (int i = oneIn(8) ? Found.MANY : 1; i > 0; i--) {
            elements.add(value(2));
        }
        return elements;
    }

    private JsonNode meeting(JsonNode entry) {
        if (!entry.isObject()) {
            return entry;
        }
        String operator = entry.fieldNames().next();
        JsonNode operand = entry.get(operator);
        return switch (operator) {
            case "exactly", "equals-ignore-case" -> operand;
            case "prefix" ->
                JSON.textNode(operand.findValuesAsText("equals-ignore-case").stream()
                                .findFirst()
                                .orElse(operand.asText())
                        + one(TEXTS));
            case "suffix" ->
                JSON.textNode(one(TEXTS)
                        + operand.findValuesAsText("equals-ignore-case").stream()
                                .findFirst()
                                .orElse(operand.asText()));
            case "wildcard" ->
                JSON.textNode(operand.textValue()
                        .replace("\\*", "\u0001")
                        .replace("\\\\", "\u0002")
                        .replace("*", one(TEXTS))
                        .replace('\u0001', '*')
                        .replace('\u0002', '\\'));
            case "numeric" ->
                oneIn(2)
                        ? operand.get(1)
                        : JSON.numberNode(operand.get(1)
                                .decimalValue()
                                .add(
                                        operand.get(0).asText().startsWith("<")
                                                ? BigDecimal.ONE.negate()
                                                : BigDecimal.ONE));
            case "exists" -> operand.booleanValue() ? scalar() : JSON.missingNode();
            case "$all" -> {
                ArrayNode all = JSON.arrayNode();
                operand.forEach(each -> {
                    JsonNode value = meeting(each);
                    if (!value.isMissingNode()) {
                        all.add(value);
                    }
                });
                yield all;
            }
            default -> scalar();
        };
    }

    private JsonNode value(int depth) {
        if (depth < 3 && oneIn(3)) {
            ObjectNode object = JSON.objectNode();
            for (int i = random.nextInt(4); i > 0; i--) {
                object.set(name(), value(depth + 1));
            }
            return object;
        }
        if (depth < 4 && oneIn(4)) {
            ArrayNode array = JSON.arrayNode();
            for (int i = random.nextInt(4); i > 0; i--) {
                array.add(value(depth + 1));
            }
            return array;
        }
        return scalar();
    }

    private JsonNode scalar() {
        return switch (random.nextInt(8)) {
            case 0, 1, 2, 3 -> text();
            case 4, 5 -> number();
            case 6 -> JSON.booleanNode(random.nextBoolean());
            default -> JSON.nullNode();
        };
    }

    private JsonNode text() {
        return JSON.textNode(one(TEXTS));
    }

    private JsonNode number() {
        return DecimalNode.valueOf(new BigDecimal(one(NUMBERS)));
    }

    private boolean oneIn(int chances) {
        return random.nextInt(chances) == 0;
    }

    private <T> T one(List<T> of) {
        return of.get(random.nextInt(of.size()));
    }
}
