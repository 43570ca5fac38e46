package io.eventmesh.function.pattern;

import java.util.Set;

/**
 * Where in an event a value stands: member names joined by dots, from the event's root, where attributes and {@code data}
 * are.
 *
 * @param asText whether it is an attribute in its string form, whatever its type, as CloudEvents' filters see it
 */
record Field(String path, boolean asText) {
    static final String DATA = "data";

    private static final Set<String> ALWAYS_TEXT = Set.of("id", "source", "type", "specversion");

    static Field of(String path) {
        return new Field(path, false);
    }

    static Field textOf(String attribute) {
        return new Field(attribute, !ALWAYS_TEXT.contains(attribute));
    }

    /** Whether it is the payload or in it. */
    boolean isData() {
        return !asText && (path.equals(DATA) || path.startsWith(DATA + "."));
    }
}
