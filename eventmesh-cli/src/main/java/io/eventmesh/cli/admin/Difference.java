package io.eventmesh.cli.admin;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** What differs between two versions of a resource, a line for each value. Stateless. */
final class Difference {
    private Difference() {}

    /** Lines such as {@code spec.tasksMax: 1 → 2}; a missing node stands for nothing. */
    static List<String> lines(JsonNode before, JsonNode after) {
        List<String> lines = new ArrayList<>();
        compare("", before, after, lines);
        return lines;
    }

    private static void compare(String path, JsonNode before, JsonNode after, List<String> lines) {
        if (before.equals(after)) {
            return;
        }
        if (before.isObject() && after.isObject()) {
            Set<String> names = new TreeSet<>();
            before.fieldNames().forEachRemaining(names::add);
            after.fieldNames().forEachRemaining(names::add);
            names.forEach(name ->
                    compare(path.isEmpty() ? name : path + "." + name, before.path(name), after.path(name), lines));
            return;
        }
        lines.add("%s: %s → %s".formatted(path, text(before), text(after)));
    }

    private static String text(JsonNode value) {
        return value.isMissingNode() ? "(none)" : value.toString();
    }
}
