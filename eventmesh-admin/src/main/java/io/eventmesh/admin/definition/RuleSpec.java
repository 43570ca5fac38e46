package io.eventmesh.admin.definition;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.eventmesh.admin.definition.InvalidDocument.Field;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.Names;
import io.eventmesh.common.topic.TopicPattern;
import io.eventmesh.spi.function.FilterProvider;
import io.eventmesh.spi.function.TransformerProvider;
import io.eventmesh.spi.plugin.Plugins;
import io.eventmesh.spi.target.TargetSenderProvider;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What a person says of a rule.
 *
 * @param patterns which topics, one at least
 * @param filter event pattern as JSON; empty for all events
 * @param transform what to make of an event; empty to leave it as it is
 * @param targets where results go, one at least
 */
record RuleSpec(String bus, List<String> patterns, String filter, Optional<Transform> transform, List<Target> targets) {
    static final String DEFAULT_BUS = "default";
    private static final String LANGUAGE = "event-pattern";
    private static final int MAX_PATTERNS = 100;
    private static final int MAX_TARGETS = 20;

    /** @param spec JSON */
    record Transform(String kind, String spec) {}

    /** @param spec JSON */
    record Target(String name, String kind, String spec) {}

    /** Reads a specification; whatever is wrong is added to the problems. */
    static RuleSpec read(Section section, List<Field> problems) {
        section.only("bus", "patterns", "filter", "transform", "targets");
        String bus = section.text("bus").orElse(DEFAULT_BUS);
        if (!bus.equals(DEFAULT_BUS)) {
            section.problem("bus", "'%s' (expected: %s)".formatted(Names.shown(bus), DEFAULT_BUS));
        }
        List<String> patterns = new ArrayList<>();
        int at = 0;
        for (JsonNode element : section.list("patterns", MAX_PATTERNS)) {
            patterns.add(pattern(element, section.at("patterns") + "/" + at++, problems));
        }
        if (patterns.isEmpty()) {
            section.problem("patterns", "empty (expected: one topic pattern at least)");
        }
        Optional<Transform> transform = section.section("transform")
                .map(part -> part.only("kind", "spec"))
                .map(part -> new Transform(
                        part.requiredText("kind"),
                        part.any("spec").map(JsonNode::toString).orElse("{}")));
        String filter = section.object("filter").map(JsonNode::toString).orElse("");
        return new RuleSpec(bus, List.copyOf(patterns), filter, transform, targets(section, problems));
    }

    private static String pattern(JsonNode element, String path, List<Field> problems) {
        if (!element.isTextual()) {
            problems.add(new Field(path, "%s (expected: a topic pattern)".formatted(Section.shown(element))));
            return "";
        }
        String text = element.textValue();
        try {
            if (TopicPattern.of(text).firstLevel().startsWith("_")) {
                problems.add(new Field(
                        path, "'%s' (expected: a first level without a leading '_')".formatted(Names.shown(text))));
            }
        } catch (EventMeshException refused) {
            problems.add(new Field(path, refused.reason()));
        }
        return text;
    }

    private static List<Target> targets(Section section, List<Field> problems) {
        List<Target> targets = new ArrayList<>();
        Set<String> names = new HashSet<>();
        int at = 0;
        for (JsonNode element : section.list("targets", MAX_TARGETS)) {
            String path = section.at("targets") + "/" + at++;
            if (!(element instanceof ObjectNode object)) {
                problems.add(new Field(path, "%s (expected: an object)".formatted(Section.shown(element))));
                continue;
            }
            Section part = new Section(object, path, problems).only("name", "kind", "spec");
            String name = part.requiredText("name");
            try {
                Names.requireName("target", name);
            } catch (EventMeshException refused) {
                part.problem("name", refused.reason());
            }
            if (!names.add(name)) {
                part.problem("name", "'%s' twice (expected: unique in the rule)".formatted(Names.shown(name)));
            }
            String spec = part.any("spec").map(JsonNode::toString).orElse("{}");
            targets.add(new Target(name, part.requiredText("kind"), spec));
        }
        if (targets.isEmpty()) {
            section.problem("targets", "empty (expected: one target at least)");
        }
        return List.copyOf(targets);
    }

    /** Asks the plugins whether filter, transform and targets mean something. */
    void check(String namespace, String rule, Plugins plugins, List<Field> problems) {
        if (!filter.isEmpty()) {
            FilterProvider language = plugins.named(FilterProvider.class, LANGUAGE);
            attempt("/spec/filter", problems, () -> language.compile(filter));
        }
        transform.ifPresent(step -> named(TransformerProvider.class, step.kind(), "/spec/transform", plugins, problems)
                .ifPresent(provider ->
                        attempt("/spec/transform/spec", problems, () -> provider.compile(step.spec(), rule))));
        for (int i = 0; i < targets.size(); i++) {
            Target target = targets.get(i);
            String path = "/spec/targets/" + i;
            named(TargetSenderProvider.class, target.kind(), path, plugins, problems)
                    .ifPresent(provider ->
                            attempt(path + "/spec", problems, () -> provider.validate(namespace, target.spec())));
        }
    }

    private static <P extends io.eventmesh.spi.plugin.Plugin> Optional<P> named(
            Class<P> kind, String name, String path, Plugins plugins, List<Field> problems) {
        try {
            return Optional.of(plugins.named(kind, name));
        } catch (EventMeshException unknown) {
            problems.add(new Field(path + "/kind", unknown.reason()));
            return Optional.empty();
        }
    }

    private static void attempt(String path, List<Field> problems, Runnable step) {
        try {
            step.run();
        } catch (EventMeshException refused) {
            problems.add(new Field(path, refused.reason()));
        }
    }

    /** As it is stored and shown. */
    ObjectNode json() {
        ObjectNode json = Json.object();
        json.put("bus", bus);
        ArrayNode topics = json.putArray("patterns");
        patterns.forEach(topics::add);
        if (!filter.isEmpty()) {
            json.set("filter", Json.stored(filter));
        }
        transform.ifPresent(
                step -> json.putObject("transform").put("kind", step.kind()).set("spec", Json.stored(step.spec())));
        ArrayNode all = json.putArray("targets");
        targets.forEach(target -> all.addObject()
                .put("name", target.name())
                .put("kind", target.kind())
                .set("spec", Json.stored(target.spec())));
        return json;
    }
}
