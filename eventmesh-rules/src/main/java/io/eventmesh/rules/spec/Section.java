package io.eventmesh.rules.spec;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.DoubleNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.eventmesh.common.topic.Names;
import io.eventmesh.rules.spec.InvalidDocument.Field;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** An object of a document that is read field by field, with what is wrong collected. For one thread. */
public final class Section {
    private final ObjectNode node;
    private final String path;
    private final List<Field> problems;

    public Section(ObjectNode node, String path, List<Field> problems) {
        this.node = node;
        this.path = path;
        this.problems = problems;
    }

    /** Where it stands in its document, a JSON pointer. */
    String path() {
        return path;
    }

    /** Every name that is not among these is a problem. */
    public Section only(String... names) {
        Set<String> known = new TreeSet<>(List.of(names));
        for (Iterator<String> given = node.fieldNames(); given.hasNext(); ) {
            String name = given.next();
            if (!known.contains(name)) {
                problem(name, "unknown (expected one of: %s)".formatted(known));
            }
        }
        return this;
    }

    public void problem(String name, String message) {
        problems.add(new Field(at(name), message));
    }

    /** @param within JSON pointer from here, without its first slash */
    public void problemAt(String within, String message) {
        problems.add(new Field(path + "/" + within, message));
    }

    /** Whether a member or something in it was found wrong. */
    boolean isWrong(String name) {
        String place = at(name);
        return problems.stream().anyMatch(problem -> problem.path().startsWith(place));
    }

    /** Where a member stands. */
    public String at(String name) {
        return path + "/" + name.replace("~", "~0").replace("/", "~1");
    }

    public Optional<String> text(String name) {
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

    public String requiredText(String name) {
        if (given(name) == null) {
            problem(name, "missing (expected: a string)");
        }
        return text(name).orElse("");
    }

    public int number(String name, int fallback, int min, int max) {
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

    int requiredNumber(String name, int min, int max) {
        if (given(name) == null) {
            problem(name, "missing (expected: %d..%d)".formatted(min, max));
        }
        return number(name, min, min, max);
    }

    /** A number within bounds, the lower one when it is none. */
    JsonNode decimal(String name, double min, double max) {
        JsonNode value = given(name);
        if (value == null || !value.isNumber() || !(value.doubleValue() >= min && value.doubleValue() <= max)) {
            problem(
                    name,
                    "%s (expected: %s..%s)"
                            .formatted(value == null ? "missing" : shown(value), plain(min), plain(max)));
            return DoubleNode.valueOf(min);
        }
        return value;
    }

    private static String plain(double number) {
        return BigDecimal.valueOf(number).stripTrailingZeros().toPlainString();
    }

    boolean flag(String name, boolean fallback) {
        JsonNode value = given(name);
        if (value != null && !value.isBoolean()) {
            problem(name, "%s (expected: true or false)".formatted(shown(value)));
        }
        return value == null ? fallback : value.asBoolean(fallback);
    }

    /** One of some words, written in any case; as it stands among them. */
    Optional<String> choice(String name, List<String> words) {
        return text(name).flatMap(given -> {
            String word = given.toUpperCase(Locale.ROOT);
            if (!words.contains(word)) {
                problem(name, "'%s' (expected one of: %s)".formatted(Names.shown(given), words));
                return Optional.empty();
            }
            return Optional.of(word);
        });
    }

    /** A duration above zero, as ISO 8601 writes it: {@code PT30S}. */
    public Optional<Duration> duration(String name, Duration max) {
        return duration(name, Duration.ofMillis(1), max);
    }

    Optional<Duration> duration(String name, Duration min, Duration max) {
        Optional<String> text = text(name);
        if (text.isEmpty()) {
            return Optional.empty();
        }
        try {
            Duration duration = Duration.parse(text.get());
            if (duration.toMillis() >= min.toMillis() && duration.compareTo(max) <= 0) {
                return Optional.of(duration);
            }
        } catch (DateTimeParseException | ArithmeticException unreadable) {
            // refused below, like one out of range
        }
        problem(name, "'%s' (expected: a duration such as PT30S, at most %s)".formatted(Names.shown(text.get()), max));
        return Optional.empty();
    }

    public Optional<ObjectNode> object(String name) {
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

    public Optional<Section> section(String name) {
        return object(name).map(object -> new Section(object, at(name), problems));
    }

    public Optional<JsonNode> any(String name) {
        return Optional.ofNullable(given(name));
    }

    /** The elements of a list, each with its own path; empty when the list is absent. */
    public List<JsonNode> list(String name, int max) {
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

    /** The elements of a list of objects; what is none is a problem. */
    public List<Section> sections(String name, int max) {
        List<Section> sections = new ArrayList<>();
        int at = 0;
        for (JsonNode element : list(name, max)) {
            String place = at(name) + "/" + at++;
            if (element instanceof ObjectNode object) {
                sections.add(new Section(object, place, problems));
            } else {
                problems.add(new Field(place, "%s (expected: an object)".formatted(shown(element))));
            }
        }
        return sections;
    }

    /** An object of strings. */
    public Map<String, String> strings(String name) {
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

    public static String shown(JsonNode value) {
        return Names.shown(value.toString());
    }
}
