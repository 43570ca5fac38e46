package io.eventmesh.function.pattern;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.BigIntegerNode;
import java.math.BigDecimal;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Event patterns judged as their grammar says, with no thought of speed: the pattern multiplied out, the event as a list of
 * values, and every choice of values tried. Shares nothing with what it is compared to but the JSON trees.
 */
final class NaivePattern {
    private static final Pattern FOUR = Pattern.compile("(\\d{1,3})\\.(\\d{1,3})\\.(\\d{1,3})\\.(\\d{1,3})");
    private static final Pattern SIX = Pattern.compile("[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*");

    private final List<List<Asked>> alternatives;

    /** A value, its path, and the array elements that it stands in: array to element. */
    private record Leaf(String path, JsonNode value, Map<Integer, Integer> elements) {}

    /** What is asked of a field: one of the entries. */
    private record Asked(String path, List<JsonNode> entries) {}

    NaivePattern(JsonNode pattern) {
        alternatives = alternatives("", pattern);
    }

    boolean matches(Flat event) {
        return alternatives.stream().anyMatch(asked -> met(event.leaves, asked, List.of(), List.of()));
    }

    /** An event as a list of values. */
    static final class Flat {
        private final List<Leaf> leaves = new ArrayList<>();
        private int arrays;

        /** @param event with attributes at the top and the payload below {@code data} */
        Flat(JsonNode event) {
            flatten("", event, Map.of());
        }

        private void flatten(String path, JsonNode node, Map<Integer, Integer> elements) {
            if (node.isObject()) {
                node.properties().forEach(member -> {
                    if (isOnlyWay(node, member.getKey())) {
                        flatten(path + "." + member.getKey(), member.getValue(), elements);
                    }
                });
            } else if (node.isArray()) {
                int array = arrays++;
                int element = 0;
                for (JsonNode each : unnested(node)) {
                    Map<Integer, Integer> inner = new HashMap<>(elements);
                    if (each.isObject()) {
                        inner.put(array, element++);
                    }
                    flatten(path, each, inner);
                }
            } else {
                leaves.add(new Leaf(path, node, elements));
            }
        }

        private static boolean isOnlyWay(JsonNode object, String name) {
            for (int dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', dot + 1)) {
                if (object.has(name.substring(0, dot))) {
                    return false;
                }
            }
            return true;
        }

        private static List<JsonNode> unnested(JsonNode array) {
            List<JsonNode> flat = new ArrayList<>();
            array.forEach(each -> flat.addAll(each.isArray() ? unnested(each) : List.of(each)));
            return flat;
        }
    }

    private static List<List<Asked>> alternatives(String path, JsonNode object) {
        List<List<Asked>> all = List.of(List.of());
        for (Map.Entry<String, JsonNode> member : object.properties()) {
            List<List<Asked>> each = new ArrayList<>();
            if (member.getKey().equals("$or")) {
                member.getValue().forEach(choice -> each.addAll(alternatives(path, choice)));
            } else if (member.getValue().isObject()) {
                each.addAll(alternatives(path + "." + member.getKey(), member.getValue()));
            } else {
                List<JsonNode> entries = new ArrayList<>();
                member.getValue().forEach(entries::add);
                each.add(List.of(new Asked(path + "." + member.getKey(), entries)));
            }
            List<List<Asked>> product = new ArrayList<>();
            for (List<Asked> left : all) {
                for (List<Asked> right : each) {
                    List<Asked> both = new ArrayList<>(left);
                    both.addAll(right);
                    product.add(both);
                }
            }
            all = product;
        }
        return all;
    }

    /** Tries each entry of what is asked first, and each value for it, with what was chosen before. */
    private static boolean met(List<Leaf> leaves, List<Asked> asked, List<Leaf> chosen, List<String> absent) {
        if (asked.isEmpty()) {
            return leaves.stream()
                    .noneMatch(leaf ->
                            absent.contains(leaf.path()) && chosen.stream().allMatch(other -> share(leaf, other)));
        }
        Asked first = asked.get(0);
        List<Asked> rest = asked.subList(1, asked.size());
        for (JsonNode entry : first.entries()) {
            if (entry.path("exists").isBoolean() && !entry.get("exists").booleanValue()) {
                List<String> more = new ArrayList<>(absent);
                more.add(first.path());
                if (met(leaves, rest, chosen, more)) {
                    return true;
                }
            } else if (entry.has("$all")) {
                List<Asked> each = new ArrayList<>();
                entry.get("$all").forEach(one -> each.add(new Asked(first.path(), List.of(one))));
                each.addAll(rest);
                if (met(leaves, each, chosen, absent)) {
                    return true;
                }
            } else if (metByOne(leaves, first.path(), entry, rest, chosen, absent)) {
                return true;
            }
        }
        return false;
    }

    private static boolean metByOne(
            List<Leaf> leaves, String path, JsonNode entry, List<Asked> rest, List<Leaf> chosen, List<String> absent) {
        for (Leaf leaf : leaves) {
            if (leaf.path().equals(path)
                    && chosen.stream().allMatch(other -> share(leaf, other))
                    && accepts(leaves, entry, leaf)) {
                List<Leaf> more = new ArrayList<>(chosen);
                more.add(leaf);
                if (met(leaves, rest, more, absent)) {
                    return true;
                }
            }
        }
        return false;
    }

    private static boolean share(Leaf one, Leaf other) {
        return one.elements().entrySet().stream()
                .allMatch(in -> other.elements()
                        .getOrDefault(in.getKey(), in.getValue())
                        .equals(in.getValue()));
    }

    private static boolean accepts(List<Leaf> leaves, JsonNode entry, Leaf leaf) {
        JsonNode value = leaf.value();
        if (!entry.isObject()) {
            return same(entry, value) || sameAddress(entry, value);
        }
        String operator = entry.fieldNames().next();
        JsonNode operand = entry.get(operator);
        return switch (operator) {
            case "exists" -> true;
            case "numeric" -> value.isNumber() && inRange(operand, value.decimalValue());
            case "cidr" -> value.isTextual() && inBlock(operand.textValue(), value.textValue());
            case "anything-but" -> !excluded(operand, value);
            case "$field" ->
                leaves.stream()
                        .anyMatch(other -> other.path().equals("." + operand.textValue())
                                && share(leaf, other)
                                && same(other.value(), value));
            default -> value.isTextual() && text(operator, operand, value.textValue());
        };
    }

    private static boolean same(JsonNode one, JsonNode other) {
        return (one.isNumber() && other.isNumber())
                ? one.decimalValue().compareTo(other.decimalValue()) == 0
                : one.equals(other);
    }

    private static boolean sameAddress(JsonNode entry, JsonNode value) {
        if (!entry.isTextual() || !value.isTextual()) {
            return false;
        }
        Optional<BigIntegerNode> wanted = address(entry.textValue());
        return wanted.isPresent() && wanted.equals(address(value.textValue()));
    }

    private static boolean text(String operator, JsonNode operand, String value) {
        boolean anyCase = operator.equals("equals-ignore-case") || operand.isObject();
        String wanted = operand.isObject() ? operand.get("equals-ignore-case").textValue() : operand.textValue();
        return switch (operator) {
            case "exactly" -> value.equals(wanted);
            case "equals-ignore-case" -> value.equalsIgnoreCase(wanted);
            case "prefix" -> value.regionMatches(anyCase, 0, wanted, 0, wanted.length());
            case "suffix" -> value.regionMatches(anyCase, value.length() - wanted.length(), wanted, 0, wanted.length());
            case "wildcard" -> expression(wanted).matcher(value).matches();
            default -> throw new IllegalArgumentException(operator);
        };
    }

    private static Pattern expression(String wildcard) {
        StringBuilder expression = new StringBuilder();
        for (int i = 0; i < wildcard.length(); i++) {
            char c = wildcard.charAt(i);
            if (c == '*') {
                expression.append(".*");
            } else {
                char literal = c == '\\' ? wildcard.charAt(++i) : c;
                expression.append(Pattern.quote(Character.toString(literal)));
            }
        }
        return Pattern.compile(expression.toString(), Pattern.DOTALL);
    }

    private static boolean excluded(JsonNode operand, JsonNode value) {
        if (!operand.isObject()) {
            return each(operand).stream().anyMatch(one -> same(one, value));
        }
        String operator = operand.fieldNames().next();
        return value.isTextual()
                && each(operand.get(operator)).stream().anyMatch(one -> text(operator, one, value.textValue()));
    }

    private static List<JsonNode> each(JsonNode oneOrMany) {
        return oneOrMany.isArray() ? Flat.unnested(oneOrMany) : List.of(oneOrMany);
    }

    private static boolean inRange(JsonNode operand, BigDecimal value) {
        for (int i = 0; i < operand.size(); i += 2) {
            int compared = value.compareTo(operand.get(i + 1).decimalValue());
            boolean meets = switch (operand.get(i).textValue()) {
                case "=" -> compared == 0;
                case "<" -> compared < 0;
                case "<=" -> compared <= 0;
                case ">" -> compared > 0;
                case ">=" -> compared >= 0;
                default -> throw new IllegalArgumentException(operand.toString());
            };
            if (!meets) {
                return false;
            }
        }
        return true;
    }

    private static boolean inBlock(String block, String value) {
        String[] parts = block.split("/", -1);
        Optional<BigIntegerNode> first = address(parts[0]);
        Optional<BigIntegerNode> at = address(value);
        boolean six = parts[0].contains(":");
        if (first.isEmpty() || at.isEmpty() || six != value.contains(":")) {
            return false;
        }
        int hosts = (six ? 128 : 32) - Integer.parseInt(parts[1]);
        return first.get()
                .bigIntegerValue()
                .shiftRight(hosts)
                .equals(at.get().bigIntegerValue().shiftRight(hosts));
    }

    /** An address as a number, IPv6 above all of IPv4. */
    private static Optional<BigIntegerNode> address(String text) {
        var four = FOUR.matcher(text);
        java.math.BigInteger number = java.math.BigInteger.ZERO;
        if (four.matches()) {
            for (int i = 1; i <= 4; i++) {
                int part = Integer.parseInt(four.group(i));
                if (part > 255) {
                    return Optional.empty();
                }
                number = number.shiftLeft(8).add(java.math.BigInteger.valueOf(part));
            }
            return Optional.of(BigIntegerNode.valueOf(number));
        }
        if (!SIX.matcher(text).matches()) {
            return Optional.empty();
        }
        try {
            byte[] bytes = InetAddress.getByName(text).getAddress();
            return Optional.of(BigIntegerNode.valueOf(new java.math.BigInteger(1, bytes).setBit(200)));
        } catch (UnknownHostException noAddress) {
            return Optional.empty();
        }
    }

    @Override
    public String toString() {
        return alternatives.toString();
    }
}
