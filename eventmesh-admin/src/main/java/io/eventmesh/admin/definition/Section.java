package io.eventmesh.admin.definition;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.eventmesh.admin.definition.InvalidDocument.Field;
import io.eventmesh.common.topic.Names;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** An object of a document that is read field by field, with what is wrong collected. For one thread. */
final class Section {
    private final ObjectNode node;
    private final String path;
    private final List<Field> problems;

    Section(ObjectNode node, String path, List<Field> problems) {
        this.node = node;
        this.path = path;
        this.problems = problems;
    }

    /** Every name that is not among these is a problem. */
    Section only(String... names) {
        Set<String> known = new TreeSet<>(List.of(names));
        for (Iterator<String> given = node.fieldNames(); given.hasNext(); ) {
            String name = given.next();
            if (!known.contains(name)) {
                problem(name, "unknown (expected one of: %s)".formatted(known));
            }
        }
        return this;
    }

    void problem(String name, String message) {
        problems.add(new Field(at(name), message));
    }

    String at(String name) {
        return path + "/" + name.replace("~", "~0").replace("/", "~1");
    }

    Optional<String> text(String name) {
        JsonNode value = given(name);
        if (value == null) {
            return Optional.empty();
        }
        if (!value.isTextual()) {
            problem(name, "%s (expected: a string)".formatted(shown(value)));
            return Optional.empty();
        }
        return Optional.of(value.textValue());
    }

    String requiredText(String name) {
        if (given(name) == null) {
            problem(name, "missing (expected: a string)");
        }
        return text(name).orElse("");
    }

    int number(String name, int fallback, int min, int max) {
        JsonNode value = given(name);
        if (value == null) {
            return fallback;
        }
        if (!value.isInt() || value.intValue() < min || value.intValue() > max) {
            problem(name, "%s (expected: %d..%d)".formatted(shown(value), min, max));
            return fallback;
        }
        return value.intValue();
    }

    Optional<ObjectNode> object(String name) {
        JsonNode value = given(name);
        if (value == null) {
            return Optional.empty();
        }
        if (value instanceof ObjectNode object) {
            return Optional.of(object);
        }
        problem(name, "%s (expected: an object)".formatted(shown(value)));
        return Optional.empty();
    }

    Optional<Section> section(String name) {
        return object(name).map(object -> new Section(object, at(name), problems));
    }

    Optional<JsonNode> any(String name) {
        return Optional.ofNullable(given(name));
    }

    /** The elements of a list, each with its own path; empty when the list is absent. */
    List<JsonNode> list(String name, int max) {
        JsonNode value = given(name);
        if (value == null) {
            return List.of();
        }
        if (!value.isArray() || value.size() > max) {
            String found = value.isArray() ? value.size() + " elements" : shown(value);
            problem(name, "%s (expected: a list of at most %d)".formatted(found, max));
            return List.of();
        }
        List<JsonNode> elements = new ArrayList<>();
        value.forEach(elements::add);
        return elements;
    }

    /** An object of strings. */
    Map<String, String> strings(String name) {
        TreeMap<String, String> strings = new TreeMap<>();
        section(name).ifPresent(section -> {
            for (Iterator<String> keys = section.node.fieldNames(); keys.hasNext(); ) {
                String key = keys.next();
                section.text(key).ifPresent(value -> strings.put(key, value));
            }
        });
        return strings;
    }

    private @Nullable JsonNode given(String name) {
        JsonNode value = node.get(name);
        return value == null || value.isNull() ? null : value;
    }

    static String shown(JsonNode value) {
        return Names.shown(value.toString());
    }
}
