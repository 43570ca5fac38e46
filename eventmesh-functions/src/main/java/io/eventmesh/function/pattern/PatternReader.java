package io.eventmesh.function.pattern;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import io.eventmesh.function.JsonEvent;
import io.eventmesh.function.Spot;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Reads an event pattern, and refuses what its grammar does not allow or what would cost too much. */
final class PatternReader {
    static final int MAX_LENGTH = 4_096;
    static final int MAX_ALTERNATIVES = 1_000;
    static final int MAX_WEIGHT = 10_000;

    private static final String OR = "$or";
    private static final Set<String> RESERVED = Set.of(
            "exactly",
            "prefix",
            "suffix",
            "equals-ignore-case",
            "wildcard",
            "numeric",
            "cidr",
            "exists",
            "anything-but",
            "$all",
            "$field",
            "=",
            "<",
            "<=",
            ">",
            ">=");
    private static final ObjectReader JSON =
            JsonEvent.MAPPER.readerFor(JsonNode.class).with(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    private PatternReader() {}

    /** @throws io.eventmesh.spi.function.FilterRefusal with path and reason */
    static Pattern read(String spec) {
        Spot top = Spot.PATTERN;
        if (spec.length() > MAX_LENGTH) {
            throw top.refuse(spec.length() + " characters", "at most " + MAX_LENGTH);
        }
        Pattern pattern = object("", tree(spec), top);
        long alternatives = pattern.alternatives();
        if (alternatives > MAX_ALTERNATIVES) {
            throw top.refuse(
                    "%s alternatives when every $or is multiplied out"
                            .formatted(alternatives == Integer.MAX_VALUE ? "billions of" : alternatives),
                    "at most " + MAX_ALTERNATIVES);
        }
        long weight = pattern.weight();
        if (weight > MAX_WEIGHT) {
            throw top.refuse(
                    "up to %d comparisons an event in %d alternatives".formatted(weight, alternatives),
                    "at most " + MAX_WEIGHT);
        }
        return pattern;
    }

    private static JsonNode tree(String spec) {
        try {
            return JSON.readTree(spec);
        } catch (NumberFormatException notInBounds) {
            throw Spot.PATTERN.refuse("a number of more digits than fit", "exponents of up to nine digits");
        } catch (JsonProcessingException notJson) {
            String problem = String.valueOf(notJson.getOriginalMessage())
                    .lines()
                    .findFirst()
                    .orElse("");
            throw Spot.PATTERN.refuse("not JSON: " + problem, "a JSON object with at least one field");
        }
    }

    private static Pattern object(String path, JsonNode object, Spot spot) {
        if (!object.isObject() || object.isEmpty()) {
            throw spot.refuse(object, "a JSON object with at least one field");
        }
        List<Pattern> members = new ArrayList<>(object.size());
        for (Map.Entry<String, JsonNode> member : object.properties()) {
            String name = member.getKey();
            JsonNode value = member.getValue();
            Spot inner = spot.child(name);
            if (name.equals(OR)) {
                members.add(or(path, value, inner));
            } else if (value.isArray()) {
                members.add(leaf(Field.of(path + name), value, inner));
            } else if (value.isObject()) {
                members.add(object(path + name + ".", value, inner));
            } else {
                throw inner.refuse(value, "an array of values, or an object");
            }
        }
        return members.size() == 1 ? members.get(0) : new Pattern.All(members);
    }

    private static Pattern or(String path, JsonNode array, Spot spot) {
        if (!array.isArray() || array.size() < 2) {
            throw spot.refuse(
                    array.isArray() ? "an array of " + array.size() : Spot.shown(array),
                    "an array of at least two objects");
        }
        List<Pattern> members = new ArrayList<>(array.size());
        for (int i = 0; i < array.size(); i++) {
            Spot inner = spot.child(i);
            for (Map.Entry<String, JsonNode> member : array.get(i).properties()) {
                if (RESERVED.contains(member.getKey())) {
                    throw inner.child(member.getKey())
                            .refuse("'" + member.getKey() + "'", "the name of a field, not of an operator");
                }
            }
            members.add(object(path, array.get(i), inner));
        }
        return new Pattern.Any(members, spot);
    }

    private static Pattern leaf(Field field, JsonNode entries, Spot spot) {
        if (entries.isEmpty()) {
            throw spot.refuse(entries, "an array of at least one value");
        }
        List<Matcher> plain = new ArrayList<>();
        List<Conjunct> others = new ArrayList<>();
        for (int i = 0; i < entries.size(); i++) {
            Conjunct entry = Entries.read(field, entries.get(i), spot.child(i));
            if (entry.tests().size() == 1 && entry.absent().isEmpty()) {
                plain.addAll(entry.tests().get(0).matchers());
            } else {
                others.add(entry);
            }
        }
        if (!plain.isEmpty()) {
            others.add(0, new Conjunct(List.of(new Conjunct.Test(field, Entries.merged(plain))), List.of()));
        }
        return new Pattern.Leaf(field, List.copyOf(others), entries.toString(), spot);
    }
}
