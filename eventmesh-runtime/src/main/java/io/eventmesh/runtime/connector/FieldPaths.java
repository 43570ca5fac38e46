package io.eventmesh.runtime.connector;

import io.eventmesh.proto.v1.FieldProblem;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Makes problems of fields from lines {@code key: message}: keys of nested sections have dots between, which may stand
 * in a key, too, so that the configuration and its schema tell where one ends. Immutable.
 */
final class FieldPaths {
    private static final Pattern LINE = Pattern.compile("([^:\\s]+): (.*)", Pattern.DOTALL);
    private static final Pattern MEANT = Pattern.compile("did you mean: (.+?)\\?\\)");
    private static final Pattern INDEX = Pattern.compile("\\[(\\d+)](.*)", Pattern.DOTALL);

    private final Map<String, Object> tree;
    private final Map<String, Object> schema;

    FieldPaths(Map<String, Object> tree, Map<String, Object> schema) {
        this.tree = tree;
        this.schema = schema;
    }

    /** A line that begins with a blank is about no field. */
    List<FieldProblem> problems(List<String> lines) {
        return lines.stream().map(this::problem).toList();
    }

    private FieldProblem problem(String line) {
        Matcher parts = LINE.matcher(line);
        boolean keyed = parts.matches();
        Matcher meant = MEANT.matcher(line);
        return FieldProblem.newBuilder()
                .setPath(keyed ? pointer(parts.group(1)) : "")
                .setMessage(keyed ? parts.group(2) : line.strip())
                .setSuggestion(meant.find() ? "did you mean " + meant.group(1) + "?" : "")
                .build();
    }

    /** The JSON pointer of a key with dots. */
    String pointer(String key) {
        StringBuilder pointer = new StringBuilder();
        Object node = tree;
        Object form = schema;
        String rest = key;
        while (!rest.isEmpty()) {
            Matcher index = INDEX.matcher(rest);
            if (index.matches()) {
                pointer.append('/').append(index.group(1));
                int at = Integer.parseInt(index.group(1));
                node = node instanceof List<?> list && at < list.size() ? list.get(at) : null;
                form = child(form, "items");
                rest = undotted(index.group(2));
                continue;
            }
            String name = name(rest, node, form);
            pointer.append('/').append(name.replace("~", "~0").replace("/", "~1"));
            node = node instanceof Map<?, ?> map ? map.get(name) : null;
            Object property = child(child(form, "properties"), name);
            form = property == null ? child(form, "additionalProperties") : property;
            rest = undotted(rest.substring(name.length()));
        }
        return pointer.toString();
    }

    /** The longest key that the rest begins with; else all of it where any key may stand; else up to the next dot. */
    private static String name(String rest, @Nullable Object node, @Nullable Object form) {
        List<String> known = new ArrayList<>(keys(node));
        known.addAll(keys(child(form, "properties")));
        String longest = "";
        for (String key : new TreeSet<>(known)) {
            boolean begins = rest.equals(key) || rest.startsWith(key + ".") || rest.startsWith(key + "[");
            if (begins && key.length() > longest.length()) {
                longest = key;
            }
        }
        if (!longest.isEmpty()) {
            return longest;
        }
        Object free = child(form, "additionalProperties");
        if (free instanceof Map || Boolean.TRUE.equals(free)) {
            return rest;
        }
        int dot = rest.indexOf('.');
        return dot < 1 ? rest : rest.substring(0, dot);
    }

    private static String undotted(String rest) {
        return rest.startsWith(".") ? rest.substring(1) : rest;
    }

    private static List<String> keys(@Nullable Object node) {
        return node instanceof Map<?, ?> map
                ? map.keySet().stream().map(String::valueOf).toList()
                : List.of();
    }

    private static @Nullable Object child(@Nullable Object node, String name) {
        return node instanceof Map<?, ?> map ? map.get(name) : null;
    }
}
