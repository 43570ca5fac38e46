package io.eventmesh.runtime.config;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/** A configuration before it is bound: sections within sections, by dotted paths. For one thread. */
final class ConfigTree {
    private final Map<String, @Nullable Object> root = new LinkedHashMap<>();

    ConfigTree(Map<?, ?> content) {
        copy(content, root);
    }

    Map<String, @Nullable Object> root() {
        return root;
    }

    /** Sets a value, making the sections above it. */
    void set(String path, @Nullable Object value) {
        String[] levels = path.split("\\.", -1);
        Map<String, @Nullable Object> at = root;
        for (int i = 0; i < levels.length - 1; i++) {
            at = child(at, levels[i]);
        }
        at.put(levels[levels.length - 1], value);
    }

    /** Takes a section out; an empty section above it goes with it. A section that is not there is empty. */
    Object cut(String path) {
        int dot = path.indexOf('.');
        return cut(root, dot < 0 ? path : path.substring(0, dot), dot < 0 ? "" : path.substring(dot + 1));
    }

    /** Replaces every text by what the function, given path and text, makes of it. */
    void replaceTexts(BiFunction<String, String, Object> change) {
        root.replaceAll((key, value) -> replaced(key, value, change));
    }

    private static Object cut(Map<String, @Nullable Object> at, String key, String rest) {
        Object value = at.get(key);
        if (rest.isEmpty()) {
            at.remove(key);
            return value == null ? Map.of() : value;
        }
        if (!(value instanceof Map<?, ?>)) {
            return Map.of();
        }
        Map<String, @Nullable Object> section = child(at, key);
        int dot = rest.indexOf('.');
        Object found = cut(section, dot < 0 ? rest : rest.substring(0, dot), dot < 0 ? "" : rest.substring(dot + 1));
        if (section.isEmpty()) {
            at.remove(key);
        }
        return found;
    }

    /** The section below, made when there is none: whatever else stands there gives way. */
    @SuppressWarnings("unchecked") // every map in the tree was made by copy
    private static Map<String, @Nullable Object> child(Map<String, @Nullable Object> at, String key) {
        if (at.get(key) instanceof Map<?, ?> section) {
            return (Map<String, @Nullable Object>) section;
        }
        Map<String, @Nullable Object> made = new LinkedHashMap<>();
        at.put(key, made);
        return made;
    }

    private static void copy(Map<?, ?> from, Map<String, @Nullable Object> to) {
        from.forEach((key, value) -> {
            if (value instanceof Map<?, ?> section) {
                copy(section, child(to, String.valueOf(key)));
            } else {
                to.put(String.valueOf(key), value);
            }
        });
    }

    private static @Nullable Object replaced(
            String path, @Nullable Object value, BiFunction<String, String, Object> change) {
        if (value instanceof String text) {
            return change.apply(path, text);
        }
        if (value instanceof Map<?, ?> section) {
            Map<String, @Nullable Object> changed = new LinkedHashMap<>();
            section.forEach(
                    (key, element) -> changed.put(String.valueOf(key), replaced(path + "." + key, element, change)));
            return changed;
        }
        if (value instanceof List<?> list) {
            return list.stream()
                    .map(element -> element instanceof String text ? change.apply(path, text) : element)
                    .toList();
        }
        return value;
    }
}
