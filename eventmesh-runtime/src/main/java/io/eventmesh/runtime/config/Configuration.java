package io.eventmesh.runtime.config;

import io.eventmesh.common.config.RecordTree;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A configuration that was bound and checked as a whole. Immutable.
 *
 * @param core the keys that belong to no plugin
 * @param sections by path, the records of all plugins that were found
 */
public record Configuration(RuntimeConfig core, Map<String, Record> sections) {
    public Configuration {
        sections = Map.copyOf(sections);
    }

    /**
     * A plugin's section, or one of the core's own ({@code topics}, {@code limits}).
     *
     * @throws IllegalArgumentException when there is no such section or it is of another type
     */
    public <C extends Record> C section(String path, Class<C> type) {
        Record section = switch (path) {
            case "" -> core;
            case "topics" -> core.topics();
            case "limits" -> core.limits();
            case "security" -> core.security();
            default -> sections.get(path);
        };
        if (!type.isInstance(section)) {
            throw new IllegalArgumentException("section: '%s' (expected: one of %s, of type %s)"
                    .formatted(path, new TreeMap<>(sections).keySet(), type.getSimpleName()));
        }
        return type.cast(section);
    }

    /** Everything that holds, with secrets masked, in the shape of the file. */
    public Map<String, Object> effective() {
        ConfigTree tree = new ConfigTree(RecordTree.of(core));
        // outer sections first, since a plugin's section may lie within a role's
        new TreeMap<>(sections)
                .forEach((path, section) ->
                        RecordTree.of(section).forEach((key, value) -> tree.set(path + "." + key, value)));
        return new LinkedHashMap<>(tree.root());
    }

    /** {@link #effective} as {@code key=value}, one a key. */
    public List<String> lines() {
        List<String> lines = new ArrayList<>();
        flatten("", effective(), lines);
        return lines;
    }

    private static void flatten(String prefix, Map<?, ?> tree, List<String> lines) {
        tree.forEach((key, value) -> {
            if (value instanceof Map<?, ?> section && !section.isEmpty()) {
                flatten(prefix + key + ".", section, lines);
            } else {
                lines.add(prefix + key + "=" + value);
            }
        });
    }
}
