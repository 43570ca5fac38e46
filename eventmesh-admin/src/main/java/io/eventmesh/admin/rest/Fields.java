package io.eventmesh.admin.rest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.eventmesh.admin.definition.Json;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The fields of each item that a call wants to see, such as {@code metadata.name,status.conditions.reason}: names of
 * members, those within others behind a dot, through lists into their elements. What an item has not is left out.
 */
final class Fields {
    private static final int MOST = 50;
    private static final Pattern PATH = Pattern.compile("[A-Za-z0-9_-]+(\\.[A-Za-z0-9_-]+)*");

    /** Members by name; without any of its own a member is wanted whole. */
    private final Map<String, Fields> members = new LinkedHashMap<>();

    private Fields() {}

    /** Those of the parameter {@code fields}; empty for whole items. */
    static Optional<Fields> of(Call call) {
        return call.asked("fields").map(text -> {
            Fields all = new Fields();
            String[] paths = text.split(",", MOST + 1);
            for (String path : paths) {
                if (paths.length > MOST || !PATH.matcher(path).matches()) {
                    throw Refusals.invalid("fields", path, "at most " + MOST + " names such as metadata.name");
                }
                all.add(path);
            }
            return all;
        });
    }

    private void add(String path) {
        Fields at = this;
        for (String name : path.split("\\.", -1)) {
            at = at.members.computeIfAbsent(name, missing -> new Fields());
        }
    }

    ObjectNode of(ObjectNode item) {
        ObjectNode some = Json.object();
        members.forEach((name, inner) -> {
            JsonNode value = item.get(name);
            if (value != null) {
                some.set(name, inner.within(value));
            }
        });
        return some;
    }

    private JsonNode within(JsonNode value) {
        if (!members.isEmpty() && value instanceof ObjectNode object) {
            return of(object);
        }
        if (!members.isEmpty() && value instanceof ArrayNode list) {
            ArrayNode some = list.arrayNode();
            list.forEach(element -> some.add(within(element)));
            return some;
        }
        return value;
    }
}
