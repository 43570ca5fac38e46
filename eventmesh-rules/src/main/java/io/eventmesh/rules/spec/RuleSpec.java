package io.eventmesh.rules.spec;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.eventmesh.proto.v1.DeliveryPolicy;
import io.eventmesh.proto.v1.RuleDefinition;
import io.eventmesh.rules.spec.InvalidDocument.Field;
import io.eventmesh.spi.function.RuleFilterProvider;
import io.eventmesh.spi.plugin.Plugins;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a person says of a rule. Immutable.
 *
 * @param patterns which topics; empty for those of its bus
 * @param filter event pattern; empty for all events
 * @param filters CloudEvents filter dialects, all of which must say yes; empty for all events
 * @param transforms what is made of an event, one after another
 * @param targets where results go, one at least
 * @param enabled whether it judges
 */
public record RuleSpec(
        String bus,
        List<String> patterns,
        Optional<JsonNode> filter,
        Optional<JsonNode> filters,
        List<TransformSpec> transforms,
        List<TargetSpec> targets,
        boolean enabled) {
    private static final int MAX_PATTERNS = 100;
    private static final int MAX_FILTERS = 100;

    /** Reads a specification; whatever is wrong is added to the section's problems. */
    public static RuleSpec read(Section spec) {
        spec.only("bus", "patterns", "filter", "filters", "transform", "transforms", "targets", "enabled");
        List<TransformSpec> transforms = TransformSpec.list(spec, "transforms");
        Optional<Section> only = spec.section("transform");
        if (only.isPresent()) {
            if (spec.any("transforms").isPresent()) {
                spec.problem("transform", "beside transforms (expected: one of them)");
            }
            transforms = List.of(TransformSpec.read(only.get()));
        }
        List<TargetSpec> targets = TargetSpec.list(spec);
        if (targets.isEmpty() && !spec.isWrong("targets")) {
            spec.problem("targets", "empty (expected: one target at least)");
        }
        boolean dialects = !spec.list("filters", MAX_FILTERS).isEmpty();
        return new RuleSpec(
                Checks.name(spec, "bus").orElse(BusSpec.DEFAULT_NAME),
                Checks.patterns(spec, "patterns", MAX_PATTERNS),
                spec.object("filter").map(JsonNode.class::cast),
                dialects ? spec.any("filters") : Optional.empty(),
                List.copyOf(transforms),
                targets,
                spec.flag("enabled", true));
    }

    /** Asks the plugins whether filters, transforms and targets mean something. */
    public void check(String namespace, String rule, Plugins plugins, List<Field> problems) {
        RuleFilterProvider language = plugins.named(RuleFilterProvider.class, RuleFilterProvider.INDEXED);
        // one after the other, so that what is wrong with each of them is said
        Checks.attempt("/spec/filter", problems, () -> language.compile(text(filter), ""));
        Checks.attempt("/spec/filters", problems, () -> language.compile("", text(filters)));
        TransformSpec.check(transforms, rule, plugins, problems);
        for (int i = 0; i < targets.size(); i++) {
            if (!targets.get(i).kind().isEmpty()) {
                targets.get(i).check(namespace, "/spec/targets/" + i, plugins, problems);
            }
        }
    }

    private static String text(Optional<JsonNode> json) {
        return json.map(JsonNode::toString).orElse("");
    }

    /** The same with other targets. */
    public RuleSpec with(List<TargetSpec> others) {
        return new RuleSpec(bus, patterns, filter, filters, transforms, List.copyOf(others), enabled);
    }

    /** The same, judging or not. */
    public RuleSpec with(boolean judges) {
        return new RuleSpec(bus, patterns, filter, filters, transforms, targets, judges);
    }

    /** As it is stored and shown. */
    public ObjectNode json() {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        json.put("bus", bus).put("enabled", enabled);
        if (!patterns.isEmpty()) {
            ArrayNode topics = json.putArray("patterns");
            patterns.forEach(topics::add);
        }
        filter.ifPresent(pattern -> json.set("filter", pattern));
        filters.ifPresent(all -> json.set("filters", all));
        if (!transforms.isEmpty()) {
            ArrayNode steps = json.putArray("transforms");
            transforms.forEach(step -> steps.add(step.json()));
        }
        ArrayNode all = json.putArray("targets");
        targets.forEach(target -> all.add(target.json()));
        return json;
    }

    /**
     * As runtimes are told.
     *
     * @param base how its bus delivers where a target says nothing
     * @param epochs how often a person started each target again
     */
    public RuleDefinition definition(
            String namespace, String name, long revision, DeliveryPolicy base, Map<String, Long> epochs) {
        RuleDefinition.Builder rule = RuleDefinition.newBuilder()
                .setNamespace(namespace)
                .setName(name)
                .setBus(bus)
                .setRevision(revision)
                .addAllPatterns(patterns)
                .setFilter(text(filter))
                .setFilters(text(filters))
                .setDisabled(!enabled);
        transforms.forEach(step -> rule.addTransforms(step.definition()));
        targets.forEach(target -> rule.addTargets(target.definition(base, epochs.getOrDefault(target.name(), 0L))));
        return rule.build();
    }
}
