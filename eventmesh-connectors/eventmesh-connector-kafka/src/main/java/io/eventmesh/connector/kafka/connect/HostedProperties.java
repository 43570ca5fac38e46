package io.eventmesh.connector.kafka.connect;

import io.eventmesh.common.config.ConfigKeys;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigValue;

/** The settings of a hosted connector: read as text, as Kafka Connect wants them, and checked against its definition. */
final class HostedProperties {
    /** In front of a setting's key in the mesh's configuration. */
    static final String PREFIX = "properties.";

    private static final String TOLERANCE = "errors.tolerance";
    private static final List<String> TOLERANCES = List.of("all", "none");

    /** Kafka Connect's own settings, which mean nothing without Kafka, and what stands in their place. */
    private static final Map<String, String> FOREIGN = Map.ofEntries(
            Map.entry("key.converter", "absent, the key becomes the event's partitionkey"),
            Map.entry("value.converter", "absent, see the section events"),
            Map.entry("header.converter", "absent, headers become attributes"),
            Map.entry("tasks.max", "absent, see the connector's tasks"),
            Map.entry("name", "absent, it is the connector's name"),
            Map.entry("topics", "absent, see the connector's topic"),
            Map.entry("topics.regex", "absent, see the connector's topic"),
            Map.entry("topic.creation", "absent, the mesh makes streams"),
            Map.entry("errors.deadletterqueue", "absent, the mesh has a dead letter for each connector"),
            Map.entry("exactly.once.support", "absent, delivery is at least once"),
            Map.entry("transaction.boundary", "absent, there are no transactions"));

    /** What Kafka Connect understands of every connector, and this host too. */
    private static final Set<String> COMMON = Set.of("connector.class", "transforms", "predicates", TOLERANCE);

    private HostedProperties() {}

    /** The settings as text; lists are joined by commas. A section or an empty value is left to {@link #problems}. */
    static Map<String, String> text(Map<String, Object> properties) {
        Map<String, String> text = new TreeMap<>();
        properties.forEach((key, value) -> {
            if (value instanceof List<?> list) {
                text.put(
                        key, String.join(",", list.stream().map(String::valueOf).toList()));
            } else if (!(value instanceof Map<?, ?>)) {
                text.put(key, String.valueOf(value));
            }
        });
        return text;
    }

    /** Whether a record that no transform takes fails the task, as in Kafka Connect, instead of being a dead letter. */
    static boolean isStrict(Map<String, Object> properties) {
        return "none".equals(text(properties).get(TOLERANCE));
    }

    /** What is wrong with the settings, without connecting to anything: a line each, with the key in front. */
    static List<String> problems(HostedPlugin<?> plugin, Map<String, Object> properties) {
        List<String> problems = new ArrayList<>();
        Map<String, String> text = text(properties);
        properties.forEach((key, value) -> {
            if (value instanceof Map<?, ?>) {
                problems.add(PREFIX + key + ": a section (expected: text, a number, a boolean or a list)");
            }
            FOREIGN.forEach((foreign, expected) -> {
                if (key.equals(foreign) || key.startsWith(foreign + ".")) {
                    problems.add("%s%s: set (expected: %s)".formatted(PREFIX, key, expected));
                }
            });
        });
        String tolerance = text.get(TOLERANCE);
        if (tolerance != null && !TOLERANCES.contains(tolerance)) {
            problems.add("%s%s: '%s' (expected one of: %s)".formatted(PREFIX, TOLERANCE, tolerance, TOLERANCES));
        }
        String type = text.get("connector.class");
        if (type != null
                && !type.equals(plugin.className())
                && !plugin.className().endsWith("." + type)) {
            problems.add(
                    "%sconnector.class: '%s' (expected: %s, or absent)".formatted(PREFIX, type, plugin.className()));
        }
        try {
            ConfigDef definition = plugin.configDef();
            unknown(definition, text, problems);
            problems.addAll(of(plugin.call(() -> definition.validate(text))));
            problems.addAll(Transforms.problems(plugin, text));
        } catch (Exception | LinkageError broken) {
            problems.add(PREFIX + "*: the connector's definition cannot be read, "
                    + broken.getClass().getName() + (broken instanceof Exception ? ": " + broken.getMessage() : ""));
        }
        return problems;
    }

    /** The lines of what a connector says of its settings: what it says first of each. */
    static List<String> of(List<ConfigValue> values) {
        return values.stream()
                .filter(value -> !value.errorMessages().isEmpty())
                .map(value ->
                        PREFIX + value.name() + ": " + value.errorMessages().get(0))
                .distinct()
                .toList();
    }

    /**
     * A key that the connector does not know may still be meant for something below it, such as a driver; one that is
     * nearly a known one is a slip.
     */
    private static void unknown(ConfigDef definition, Map<String, String> text, List<String> problems) {
        Set<String> known = new TreeSet<>(definition.names());
        known.addAll(COMMON);
        for (String key : text.keySet()) {
            boolean chained = key.startsWith("transforms.") || key.startsWith("predicates.");
            if (!known.contains(key) && !chained) {
                ConfigKeys.nearest(key, known)
                        .ifPresent(near ->
                                problems.add("%s%s: unknown key (did you mean: %s?)".formatted(PREFIX, key, near)));
            }
        }
    }
}
