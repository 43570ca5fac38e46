package io.eventmesh.function.transform;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.eventmesh.common.topic.Names;
import io.eventmesh.function.JsonEvent;
import io.eventmesh.spi.function.EventView;
import io.eventmesh.spi.function.InvalidSpec;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * What templates may name: paths that the specification has given a name, paths that stand in the template itself, and
 * what is always known.
 *
 * <p>Changed only while a specification is read; then immutable and thread-safe.
 */
final class Variables {
    private static final int MAX_PATHS = 100;
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_.-]{1,64}");

    private final String rule;
    private final Map<String, JsonPath> paths = new HashMap<>();

    private Variables(String rule) {
        this.rule = rule;
    }

    /** What is known without a path, and the other names that rules of EventBridge have for it. */
    private enum Known {
        RULE_NAME,
        TOPIC,
        EVENT,
        EVENT_JSON,
        EVENT_DATA,
        INGESTION_TIME,
        ATTEMPT;

        static final Map<String, Known> BY_NAME = Map.ofEntries(
                Map.entry("mesh.rule-name", RULE_NAME),
                Map.entry("mesh.topic", TOPIC),
                Map.entry("mesh.event", EVENT),
                Map.entry("mesh.event.json", EVENT_JSON),
                Map.entry("mesh.event.data", EVENT_DATA),
                Map.entry("mesh.ingestion-time", INGESTION_TIME),
                Map.entry("mesh.attempt", ATTEMPT),
                Map.entry("aws.events.rule-name", RULE_NAME),
                Map.entry("aws.events.event", EVENT),
                Map.entry("aws.events.event.json", EVENT_JSON),
                Map.entry("aws.events.event.ingestion-time", INGESTION_TIME));
    }

    static Variables of(String rule) {
        return new Variables(rule);
    }

    /**
     * Names paths.
     *
     * @param where JSON pointer of the tree, for refusals
     */
    Variables paths(JsonNode tree, String where) {
        if (tree.isMissingNode()) {
            return this;
        }
        if (!tree.isObject()) {
            throw new InvalidSpec(where, tree.getNodeType() + " (expected: an object of names and paths)");
        }
        for (Map.Entry<String, JsonNode> path : tree.properties()) {
            String name = path.getKey();
            String at = where + "/" + Names.shown(name);
            if (!NAME.matcher(name).matches() || Known.BY_NAME.containsKey(name)) {
                throw new InvalidSpec(
                        at,
                        "name '%s' (expected: 1 to 64 of a-z, A-Z, 0-9, '_', '.' and '-', none that is always known)"
                                .formatted(Names.shown(name)));
            }
            if (!path.getValue().isTextual()) {
                throw new InvalidSpec(at, path.getValue().getNodeType() + " (expected: a path such as $.data.sku)");
            }
            add(name, JsonPath.of(path.getValue().textValue(), at), where);
        }
        return this;
    }

    private void add(String name, JsonPath path, String where) {
        paths.put(name, path);
        if (paths.size() > MAX_PATHS) {
            throw new InvalidSpec(where, "more than %d paths (expected: at most that)".formatted(MAX_PATHS));
        }
    }

    /**
     * Makes sure that a name in a template means something.
     *
     * @param shown the name as it stands there
     * @param where JSON pointer of the template
     */
    void require(String name, String shown, String where) {
        if (name.startsWith("$")) {
            add(name, JsonPath.of(name, where), where);
        } else if (!paths.containsKey(name) && !Known.BY_NAME.containsKey(name)) {
            throw new InvalidSpec(
                    where,
                    "%s (expected: one of the paths %s, or one of %s)"
                            .formatted(shown, new TreeSet<>(paths.keySet()), new TreeSet<>(Known.BY_NAME.keySet())));
        }
    }

    /** The values for one event; each is looked up at most once. For one thread. */
    Values values(EventView view) {
        return new Values(view);
    }

    final class Values {
        private final EventView view;
        private final Map<String, JsonNode> found = new HashMap<>();

        private Values(EventView view) {
            this.view = view;
        }

        /** A missing node when a path finds nothing. */
        JsonNode value(String name) {
            JsonNode known = found.get(name);
            if (known == null) {
                known = find(name);
                found.put(name, known);
            }
            return known;
        }

        private JsonNode find(String name) {
            JsonPath path = paths.get(name);
            if (path != null) {
                return path.find(view);
            }
            Known known = Known.BY_NAME.get(name);
            if (known == null) {
                throw new IllegalStateException("A name that was not required: " + name);
            }
            return switch (known) {
                case RULE_NAME -> TextNode.valueOf(rule);
                case TOPIC -> TextNode.valueOf(view.topic().value());
                case EVENT -> attributes();
                case EVENT_JSON -> whole();
                case EVENT_DATA -> whole().path("data");
                case INGESTION_TIME ->
                    TextNode.valueOf(
                            Instant.ofEpochMilli(view.appendTimeMillis()).toString());
                case ATTEMPT -> IntNode.valueOf(view.attempt());
            };
        }

        private JsonNode whole() {
            JsonPath.requireReadable(view);
            return JsonEvent.of(view).root();
        }

        private JsonNode attributes() {
            ObjectNode attributes = JsonEvent.MAPPER.createObjectNode();
            JsonEvent.of(view).root().properties().forEach(field -> {
                if (!field.getKey().equals("data")) {
                    attributes.set(field.getKey(), field.getValue());
                }
            });
            return attributes;
        }
    }
}
