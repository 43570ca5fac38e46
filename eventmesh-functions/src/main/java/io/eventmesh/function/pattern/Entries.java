package io.eventmesh.function.pattern;

import com.fasterxml.jackson.databind.JsonNode;
import io.eventmesh.function.Spot;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Reads the entries of a field in an event pattern: values and operators. */
final class Entries {
    private static final String OPERATORS =
            "one of exactly, prefix, suffix, equals-ignore-case, wildcard, numeric, cidr, exists, anything-but, $all, $field";
    private static final String ANY_CASE = "equals-ignore-case";
    private static final String NUMERIC_FORM =
            "[op, number] with op one of = < <= > >=, or [\">\" or \">=\", low, \"<\" or \"<=\", high]";

    private Entries() {}

    /** What one entry asks of the field. */
    static Conjunct read(Field field, JsonNode entry, Spot spot) {
        if (!entry.isObject()) {
            return asks(field, value(entry, spot));
        }
        if (entry.size() != 1) {
            throw spot.refuse(entry.size() + " operators", "exactly one in an object: " + OPERATORS);
        }
        Map.Entry<String, JsonNode> only = entry.properties().iterator().next();
        String operator = only.getKey();
        JsonNode operand = only.getValue();
        Spot inner = spot.child(operator);
        return switch (operator) {
            case "exists" -> exists(field, operand, inner);
            case "$all" -> all(field, operand, inner);
            default -> asks(field, matcher(operator, operand, inner, spot));
        };
    }

    private static Matcher matcher(String operator, JsonNode operand, Spot inner, Spot spot) {
        return switch (operator) {
            case "exactly" -> new Matcher.Exact(text(operand, inner));
            case "prefix" ->
                operand.isObject()
                        ? new Matcher.Prefix(anyCase(operand, inner), true)
                        : new Matcher.Prefix(text(operand, inner), false);
            case "suffix" ->
                operand.isObject()
                        ? new Matcher.Suffix(anyCase(operand, inner), true)
                        : new Matcher.Suffix(text(operand, inner), false);
            case ANY_CASE -> new Matcher.AnyCase(Folding.fold(text(operand, inner)));
            case "wildcard" -> wildcard(operand, inner);
            case "numeric" -> new Matcher.Numeric(numeric(operand, inner));
            case "cidr" -> new Matcher.Cidr(cidr(operand, inner));
            case "anything-but" -> new Matcher.AnythingBut(excluded(operand, inner));
            case "$field" -> new Matcher.SameAs(other(operand, inner));
            default -> throw spot.refuse("'" + operator + "'", OPERATORS);
        };
    }

    /** The same entries with all plain values in one. */
    static List<Matcher> merged(List<Matcher> matchers) {
        Set<Object> keys = new LinkedHashSet<>();
        List<Matcher> merged = new ArrayList<>();
        for (Matcher matcher : matchers) {
            if (matcher instanceof Matcher.Exact exact) {
                keys.add(exact.key());
            } else {
                merged.add(matcher);
            }
        }
        if (keys.size() == 1) {
            merged.add(0, new Matcher.Exact(keys.iterator().next()));
        } else if (!keys.isEmpty()) {
            merged.add(0, new Matcher.OneOf(Set.copyOf(keys)));
        }
        return List.copyOf(merged);
    }

    private static Conjunct asks(Field field, Matcher matcher) {
        return new Conjunct(List.of(new Conjunct.Test(field, List.of(matcher))), List.of());
    }

    /** A text that is an address is compared as one. */
    private static Matcher value(JsonNode entry, Spot spot) {
        if (entry.isContainerNode()) {
            throw spot.refuse(entry, "a string, a number, true, false, null, or an object with " + OPERATORS);
        }
        IpAddress address = entry.isTextual() ? IpAddress.parse(entry.textValue()) : null;
        return address == null ? new Matcher.Exact(Value.key(entry)) : new Matcher.Address(address);
    }

    private static Conjunct exists(Field field, JsonNode operand, Spot spot) {
        if (!operand.isBoolean()) {
            throw spot.refuse(operand, "true or false");
        }
        return operand.booleanValue() ? asks(field, new Matcher.Present()) : new Conjunct(List.of(), List.of(field));
    }

    private static Conjunct all(Field field, JsonNode operand, Spot spot) {
        if (!operand.isArray() || operand.isEmpty()) {
            throw spot.refuse(operand, "an array of at least one value or operator");
        }
        Conjunct all = Conjunct.EMPTY;
        for (int i = 0; i < operand.size(); i++) {
            all = all.and(read(field, operand.get(i), spot.child(i)));
        }
        return all;
    }

    private static Field other(JsonNode operand, Spot spot) {
        String path = text(operand, spot);
        if (path.isEmpty()) {
            throw spot.refuse("''", "a field from the event's root, such as data.order.total");
        }
        return Field.of(path);
    }

    private static String text(JsonNode operand, Spot spot) {
        if (!operand.isTextual()) {
            throw spot.refuse(operand, "a string");
        }
        return operand.textValue();
    }

    private static String anyCase(JsonNode operand, Spot spot) {
        if (operand.size() != 1 || !operand.has(ANY_CASE)) {
            throw spot.refuse(operand, "a string, or {\"equals-ignore-case\": a string}");
        }
        return Folding.fold(text(operand.get(ANY_CASE), spot.child(ANY_CASE)));
    }

    private static Matcher wildcard(JsonNode operand, Spot spot) {
        try {
            return new Matcher.Like(Wildcard.of(text(operand, spot)));
        } catch (IllegalArgumentException refused) {
            throw spot.refuse(String.valueOf(refused.getMessage()), "* for anything, \\* and \\\\ for themselves");
        }
    }

    private static Range<Num> numeric(JsonNode operand, Spot spot) {
        if (!operand.isArray() || (operand.size() != 2 && operand.size() != 4)) {
            throw spot.refuse(operand, NUMERIC_FORM);
        }
        Num first = number(operand.get(1), spot.child(1));
        String operator = text(operand.get(0), spot.child(0));
        if (operand.size() == 2) {
            return switch (operator) {
                case "=" -> new Range<>(first, true, first, true);
                case "<" -> new Range<>(null, false, first, false);
                case "<=" -> new Range<>(null, false, first, true);
                case ">" -> new Range<>(first, false, null, false);
                case ">=" -> new Range<>(first, true, null, false);
                default -> throw spot.child(0).refuse("'" + operator + "'", "one of = < <= > >=");
            };
        }
        String upper = text(operand.get(2), spot.child(2));
        Num second = number(operand.get(3), spot.child(3));
        if (!Set.of(">", ">=").contains(operator)) {
            throw spot.child(0).refuse("'" + operator + "'", "> or >=, the lower bound first");
        }
        if (!Set.of("<", "<=").contains(upper)) {
            throw spot.child(2).refuse("'" + upper + "'", "< or <=, the upper bound second");
        }
        if (first.compareTo(second) >= 0) {
            throw spot.child(3).refuse(second.toString(), "more than the lower bound " + first);
        }
        return new Range<>(first, operator.equals(">="), second, upper.equals("<="));
    }

    private static Num number(JsonNode operand, Spot spot) {
        if (!operand.isNumber()) {
            throw spot.refuse(operand, "a number");
        }
        return Num.of(operand);
    }

    private static Range<IpAddress> cidr(JsonNode operand, Spot spot) {
        String text = text(operand, spot);
        int slash = text.indexOf('/');
        IpAddress address = slash < 0 ? null : IpAddress.parse(text.substring(0, slash));
        String bits = text.substring(slash + 1);
        boolean number = !bits.isEmpty() && bits.length() <= 3 && bits.chars().allMatch(c -> c >= '0' && c <= '9');
        if (address == null || !number || Integer.parseInt(bits) > address.bits()) {
            throw spot.refuse("'" + text + "'", "address/bits such as 10.0.0.0/8 or 2001:db8::/32");
        }
        int common = Integer.parseInt(bits);
        return new Range<>(address.first(common), true, address.last(common), true);
    }

    private static List<Matcher> excluded(JsonNode operand, Spot spot) {
        if (operand.isObject()) {
            return excludedTexts(operand, spot);
        }
        JsonNode first = operand.isArray() ? operand.path(0) : operand;
        if (!first.isTextual() && !first.isNumber()) {
            throw spot.refuse(
                    operand,
                    "a string, a number, an array of strings or of numbers, or an object with prefix, suffix, equals-ignore-case or wildcard");
        }
        List<Matcher> values = new ArrayList<>();
        for (int i = 0; i < (operand.isArray() ? operand.size() : 1); i++) {
            JsonNode each = operand.isArray() ? operand.get(i) : operand;
            if (each.getNodeType() != first.getNodeType()) {
                throw spot.child(i)
                        .refuse(each, first.isTextual() ? "a string like the first" : "a number like the first");
            }
            values.add(new Matcher.Exact(Value.key(each)));
        }
        return merged(values);
    }

    private static List<Matcher> excludedTexts(JsonNode operand, Spot spot) {
        if (operand.size() != 1) {
            throw spot.refuse(operand, "an object with one of prefix, suffix, equals-ignore-case, wildcard");
        }
        Map.Entry<String, JsonNode> only = operand.properties().iterator().next();
        String operator = only.getKey();
        Spot inner = spot.child(operator);
        if (!Set.of("prefix", "suffix", ANY_CASE, "wildcard").contains(operator)) {
            throw inner.refuse("'" + operator + "'", "one of prefix, suffix, equals-ignore-case, wildcard");
        }
        JsonNode texts = only.getValue();
        if (!texts.isArray()) {
            return List.of(excludedText(operator, texts, inner, spot));
        }
        if (texts.isEmpty()) {
            throw inner.refuse(texts, "at least one string");
        }
        List<Matcher> each = new ArrayList<>();
        for (int i = 0; i < texts.size(); i++) {
            each.add(excludedText(operator, texts.get(i), inner.child(i), spot));
        }
        return List.copyOf(each);
    }

    private static Matcher excludedText(String operator, JsonNode text, Spot inner, Spot spot) {
        boolean end = operator.equals("prefix") || operator.equals("suffix");
        if (text(text, inner).isEmpty() && end) {
            throw inner.refuse("''", "a string that is not empty");
        }
        return matcher(operator, text, inner, spot);
    }
}
