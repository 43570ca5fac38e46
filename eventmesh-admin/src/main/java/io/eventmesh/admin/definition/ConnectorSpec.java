package io.eventmesh.admin.definition;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.eventmesh.admin.database.Desired;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.Names;
import io.eventmesh.common.topic.TopicName;
import io.eventmesh.common.topic.TopicPattern;
import io.eventmesh.rules.spec.InvalidDocument.Field;
import io.eventmesh.rules.spec.Section;
import java.time.Duration;
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
 * @param handling JSON object, see {@link Handling}
 * @param drainMillis how long a task may take to finish what is in flight; 0 for the runtime's own bound
 */
record ConnectorSpec(
        String kind,
        String plugin,
        String pluginVersion,
        String topic,
        String config,
        Desired desired,
        int tasksMax,
        String placement,
        String handling,
        long drainMillis) {
    private static final int MAX_TASKS = 1000;
    private static final Duration LONGEST_DRAIN = Duration.ofMinutes(10);

    static ConnectorSpec read(Section document, List<Field> problems) {
        Optional<Section> section = document.section("spec");
        if (section.isEmpty()) {
            document.problem("spec", "missing (expected: an object)");
            return new ConnectorSpec("", "", "", "", "", Desired.STOPPED, 1, "{}", Handling.NONE, 0);
        }
        Section spec = section.get()
                .only(
                        "plugin",
                        "pluginVersion",
                        "kind",
                        "topic",
                        "tasksMax",
                        "config",
                        "desired",
                        "placement",
                        "filter",
                        "transforms",
                        "restartPolicy",
                        "deadLetter",
                        "drainTimeout");
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
                placement(spec),
                Handling.read(spec, problems),
                spec.duration("drainTimeout", LONGEST_DRAIN)
                        .map(Duration::toMillis)
                        .orElse(0L));
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
