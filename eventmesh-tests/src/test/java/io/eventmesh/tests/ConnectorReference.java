package io.eventmesh.tests;

import io.eventmesh.spi.connector.ConnectorProvider;
import io.eventmesh.spi.connector.SinkConnectorProvider;
import io.eventmesh.spi.connector.SourceConnectorProvider;
import io.eventmesh.spi.plugin.Plugins;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The reference of the connectors' configuration keys, made from the schemas of the plugins given. */
final class ConnectorReference {
    private final Plugins plugins;

    ConnectorReference(Plugins plugins) {
        this.plugins = plugins;
    }

    private static final String HOSTED = """

            ## Kafka Connect plugins

            A directory `plugins/connect-<name>/` is a plugin of that name; how to make one stands in
            [Host Kafka Connect plugins](../how-to/host-kafka-connect-plugins.md). `GET /api/v1/plugins/SOURCE/<name>` (or `SINK`)
            answers the settings of one that is installed. Besides those, all of them take:

            | key | default | takes | what it does |
            |---|---|---|---|
            | `properties.transforms` | none | names with commas between | Transforms of single records, one after another: of a source before a record becomes an event, of a sink before it gets one. |
            | `properties.transforms.<name>.type` | must be given | a class | One of `org.apache.kafka.connect.transforms.…`, the plugin's own such as `io.debezium.transforms.ExtractNewRecordState`, or another in its directory. |
            | `properties.transforms.<name>.<setting>` | the transform's | the transform's | A setting of the transform. |
            | `properties.transforms.<name>.predicate` | none | a predicate's name | The transform sees only records for which the predicate holds. |
            | `properties.transforms.<name>.negate` | `false` | true or false | … only those for which it does not. |
            | `properties.predicates` | none | names with commas between | Predicates, with `properties.predicates.<name>.type` and their settings. |
            | `properties.errors.tolerance` | `all` | all, none | all: a record that no transform takes goes to the connector's dead letter, of a source as it was and with stage `transform`. none: it fails the task. |
            """;

    /** {@code docs/reference/connectors.md}. */
    String markdown() {
        StringBuilder page = new StringBuilder("""
                # Connectors

                Generated from the configuration records; do not edit. These keys stand under `config` of a connector; keys
                of a section stand in an object of that name (`auth.type` is `{"auth": {"type": …}}`). An unknown key or a
                value of another type is refused with the name of the key, before anything changes. Values may hold
                `${env:NAME}` and `${file:/path#key}`, which the runtime fills in where the task runs, as far as its keys
                `connector.secrets.…` allow it: a secret is never written out. `bin/eventmesh connectors plugins` shows what
                is installed, Kafka Connect plugins among it.
                """);
        for (SourceConnectorProvider<?> source : plugins.all(SourceConnectorProvider.class)) {
            append(page, "Source", source);
        }
        for (SinkConnectorProvider<?> sink : plugins.all(SinkConnectorProvider.class)) {
            append(page, "Sink", sink);
        }
        page.append(HOSTED);
        return page.toString();
    }

    private static void append(StringBuilder page, String kind, ConnectorProvider<?> provider) {
        page.append("\n## %s `%s`\n\n".formatted(kind, provider.name()));
        page.append("| key | default | takes | what it does |\n|---|---|---|---|\n");
        rows(page, "", provider.schema());
    }

    private static void rows(StringBuilder page, String prefix, Map<?, ?> schema) {
        List<?> required = schema.get("required") instanceof List<?> names ? names : List.of();
        map(schema.get("properties")).forEach((name, value) -> {
            Map<?, ?> property = map(value);
            String key = prefix + name;
            if (property.containsKey("properties")) {
                rows(page, key + ".", property);
            } else {
                page.append("| `%s` | %s | %s | %s |\n"
                        .formatted(
                                key,
                                required.contains(name) ? "must be given" : fallback(property.get("default")),
                                cell(takes(property)),
                                cell(Objects.requireNonNullElse(property.get("description"), "")
                                        .toString())));
            }
        });
    }

    private static String fallback(@Nullable Object value) {
        String text = value == null ? "" : value.toString();
        return text.isEmpty() || text.equals("{}") || text.equals("[]") ? "none" : "`%s`".formatted(cell(text));
    }

    private static String takes(Map<?, ?> property) {
        if (property.get("enum") instanceof List<?> constants) {
            return constants.stream().map(String::valueOf).collect(Collectors.joining(", "));
        }
        if (Boolean.TRUE.equals(property.get("writeOnly"))) {
            return "a secret";
        }
        String type = String.valueOf(property.get("type"));
        if (property.containsKey("pattern")) {
            return type.equals("string") ? "a duration such as 30s" : "a size such as 4MiB";
        }
        return switch (type) {
            case "array" -> "a list, each %s".formatted(takes(map(property.get("items"))));
            case "object" -> "a section of names, each %s".formatted(takes(map(property.get("additionalProperties"))));
            case "boolean" -> "true or false";
            case "integer" -> "a whole number";
            case "number" -> "a number";
            default -> "a text";
        };
    }

    private static Map<?, ?> map(@Nullable Object value) {
        return value instanceof Map<?, ?> map ? map : Map.of();
    }

    private static String cell(String text) {
        return text.replace("|", "\\|").replace("<", "&lt;");
    }
}
