package io.eventmesh.admin.definition;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.eventmesh.admin.database.Desired;
import io.eventmesh.admin.definition.InvalidDocument.Field;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.Names;
import io.eventmesh.common.topic.TopicName;
import io.eventmesh.common.topic.TopicPattern;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What a person says of a connector.
 *
 * @param pluginVersion empty for any
 * @param config JSON object
 * @param placement JSON object
 */
record ConnectorSpec(
        String kind,
        String plugin,
        String pluginVersion,
        String topic,
        String config,
        Desired desired,
        int tasksMax,
        String placement) {
    private static final int MAX_TASKS = 1000;

    static ConnectorSpec read(Section document, List<Field> problems) {
        Optional<Section> section = document.section("spec");
        if (section.isEmpty()) {
            document.problem("spec", "missing (expected: an object)");
            return new ConnectorSpec("", "", "", "", "", Desired.STOPPED, 1, "{}");
        }
        Section spec = section.get()
                .only("plugin", "pluginVersion", "kind", "topic", "tasksMax", "config", "desired", "placement");
        String kind = spec.requiredText("kind").toUpperCase(Locale.ROOT);
        if (!Set.of("SOURCE", "SINK", "").contains(kind)) {
            spec.problem("kind", "'%s' (expected: SOURCE or SINK)".formatted(Names.shown(kind)));
        }
        String topic = spec.requiredText("topic");
        if (!topic.isEmpty()) {
            topicProblem(kind, topic).ifPresent(problem -> problems.add(new Field(spec.at("topic"), problem)));
        }
        return new ConnectorSpec(
                kind,
                spec.requiredText("plugin"),
                spec.text("pluginVersion").orElse(""),
                topic,
                spec.object("config").map(Json::write).orElse("{}"),
                desired(spec),
                spec.number("tasksMax", 1, 1, MAX_TASKS),
                placement(spec));
    }

    /** What a runtime must have: {@code labels}, each a text. */
    private static String placement(Section spec) {
        Optional<Section> placement = spec.section("placement");
        if (placement.isEmpty()) {
            return "{}";
        }
        ObjectNode written = Json.object();
        Map<String, String> labels = placement.get().only("labels").strings("labels");
        if (!labels.isEmpty()) {
            labels.forEach(written.putObject("labels")::put);
        }
        return Json.write(written);
    }

    private static Desired desired(Section spec) {
        String text = spec.text("desired").orElse("RUNNING").toUpperCase(Locale.ROOT);
        for (Desired desired : Desired.values()) {
            if (desired.name().equals(text)) {
                return desired;
            }
        }
        spec.problem("desired", "'%s' (expected: RUNNING, PAUSED or STOPPED)".formatted(Names.shown(text)));
        return Desired.STOPPED;
    }

    private static Optional<String> topicProblem(String kind, String topic) {
        try {
            String first = kind.equals("SINK")
                    ? TopicPattern.of(topic).firstLevel()
                    : TopicName.of(topic).firstLevel();
            return first.startsWith("_")
                    ? Optional.of("'%s' (expected: a first level without a leading '_')".formatted(Names.shown(topic)))
                    : Optional.empty();
        } catch (EventMeshException refused) {
            return Optional.of(refused.reason());
        }
    }
}
