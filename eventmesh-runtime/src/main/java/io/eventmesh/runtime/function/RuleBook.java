package io.eventmesh.runtime.function;

import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.TopicPattern;
import io.eventmesh.proto.v1.BusDefinition;
import io.eventmesh.proto.v1.Definitions;
import io.eventmesh.proto.v1.RuleDefinition;
import io.eventmesh.proto.v1.TargetDefinition;
import io.eventmesh.spi.function.FilterProvider;
import io.eventmesh.spi.function.Transformer;
import io.eventmesh.spi.function.TransformerProvider;
import io.eventmesh.spi.plugin.Plugins;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A snapshot of definitions, compiled: a rule set for each pattern of each bus, and what could not be compiled here.
 *
 * @param sets by pattern
 * @param problems by rule: what this runtime lacks for it, such as a plugin
 */
record RuleBook(Map<BusPattern, RuleSet> sets, Map<String, String> problems) {
    private static final String FILTER_LANGUAGE = "event-pattern";

    static RuleBook of(Definitions definitions, Plugins plugins) {
        Map<BusPattern, List<Rule>> byPattern = new LinkedHashMap<>();
        Map<String, String> problems = new TreeMap<>();
        FilterProvider language = plugins.named(FilterProvider.class, FILTER_LANGUAGE);
        for (RuleDefinition definition : definitions.getRulesList()) {
            try {
                Rule rule = rule(definition, busPatterns(definitions, definition), plugins);
                if (!rule.filter().isEmpty()) {
                    language.compile(rule.filter());
                }
                for (TopicPattern pattern : rule.patterns()) {
                    BusPattern key = new BusPattern(definition.getNamespace(), definition.getBus(), pattern);
                    byPattern.computeIfAbsent(key, k -> new ArrayList<>()).add(rule);
                }
            } catch (EventMeshException refused) {
                problems.put(definition.getNamespace() + ":" + definition.getName(), refused.reason());
            }
        }
        Map<BusPattern, RuleSet> sets = new LinkedHashMap<>();
        byPattern.forEach((pattern, rules) -> sets.put(pattern, new RuleSet(pattern, rules, language)));
        return new RuleBook(sets, problems);
    }

    private static List<String> busPatterns(Definitions definitions, RuleDefinition rule) {
        for (BusDefinition bus : definitions.getBusesList()) {
            if (bus.getNamespace().equals(rule.getNamespace()) && bus.getName().equals(rule.getBus())) {
                return bus.getPatternsList();
            }
        }
        return List.of();
    }

    private static Rule rule(RuleDefinition definition, List<String> busPatterns, Plugins plugins) {
        List<String> patterns = definition.getPatternsCount() > 0 ? definition.getPatternsList() : busPatterns;
        return new Rule(
                definition.getName(),
                definition.getRevision(),
                patterns.stream().distinct().map(TopicPattern::of).toList(),
                definition.getFilter(),
                transformer(definition, plugins),
                definition.getTargetsList().stream()
                        .map(TargetDefinition::getName)
                        .toList());
    }

    private static @Nullable Transformer transformer(RuleDefinition definition, Plugins plugins) {
        String kind = definition.getTransform().getKind();
        if (kind.isEmpty()) {
            return null;
        }
        return plugins.named(TransformerProvider.class, kind)
                .compile(definition.getTransform().getSpec(), definition.getName());
    }
}
