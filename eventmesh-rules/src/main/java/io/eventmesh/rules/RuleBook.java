package io.eventmesh.rules;

import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.TopicPattern;
import io.eventmesh.proto.v1.BusDefinition;
import io.eventmesh.proto.v1.Definitions;
import io.eventmesh.proto.v1.RuleDefinition;
import io.eventmesh.spi.function.RuleFilterProvider;
import io.eventmesh.spi.plugin.Plugins;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A snapshot of definitions, compiled: what its rules judge, and what could not be compiled here. Immutable, thread-safe.
 *
 * <p>A bus whose rules were divided otherwise before has sets for both layouts: an event is judged by the groups of the
 * layout that was in force when it was stored, whichever runtime learns of the change first.
 */
public final class RuleBook {
    private record RuleName(String namespace, String name) {
        @Override
        public String toString() {
            return namespace + ":" + name;
        }
    }

    private record Entry(Rule rule, List<String> busPatterns) {}

    private final long version;
    private final Map<RuleName, Entry> entries;
    private final Map<RuleSource, RuleSet> sets;
    private final Map<String, String> problems;

    private RuleBook(
            long version, Map<RuleName, Entry> entries, Map<RuleSource, RuleSet> sets, Map<String, String> problems) {
        this.version = version;
        this.entries = entries;
        this.sets = sets;
        this.problems = problems;
    }

    /** Of no definitions. */
    public static RuleBook empty() {
        return new RuleBook(0, Map.of(), Map.of(), Map.of());
    }

    /** Compiles all definitions. */
    public static RuleBook of(Definitions definitions, Plugins plugins) {
        return empty().next(definitions, plugins);
    }

    /** Compiles definitions that follow on this book's: what did not change is taken over. */
    public RuleBook next(Definitions definitions, Plugins plugins) {
        Map<BusName, BusDefinition> buses = new HashMap<>();
        for (BusDefinition bus : definitions.getBusesList()) {
            buses.put(new BusName(bus.getNamespace(), bus.getName()), bus);
        }
        Map<RuleName, Entry> compiled = new LinkedHashMap<>();
        Map<String, String> refused = new TreeMap<>();
        for (RuleDefinition definition : definitions.getRulesList()) {
            RuleName name = new RuleName(definition.getNamespace(), definition.getName());
            List<String> patterns = bus(buses, definition).getPatternsList();
            try {
                Entry known = entries.get(name);
                compiled.put(
                        name,
                        known != null
                                        && known.rule().definition().equals(definition)
                                        && known.busPatterns().equals(patterns)
                                ? known
                                : new Entry(Rule.compile(definition, patterns, plugins), patterns));
            } catch (EventMeshException refusal) {
                refused.put(name.toString(), refusal.reason());
            }
        }
        return new RuleBook(definitions.getVersion(), compiled, sets(compiled.values(), buses, plugins), refused);
    }

    private static BusDefinition bus(Map<BusName, BusDefinition> buses, RuleDefinition rule) {
        return buses.getOrDefault(new BusName(rule.getNamespace(), rule.getBus()), BusDefinition.getDefaultInstance());
    }

    private Map<RuleSource, RuleSet> sets(
            Collection<Entry> compiled, Map<BusName, BusDefinition> buses, Plugins plugins) {
        Map<RuleSource, List<Rule>> rules = new LinkedHashMap<>();
        for (Entry entry : compiled) {
            Rule rule = entry.rule();
            if (rule.definition().getDisabled()) {
                continue;
            }
            for (Layouts.Layout layout : layouts(buses, rule.bus()).layouts()) {
                RuleGroup group = RuleGroup.of(rule, layout);
                for (TopicPattern pattern : rule.patterns()) {
                    rules.computeIfAbsent(new RuleSource(group, pattern), k -> new ArrayList<>())
                            .add(rule);
                }
            }
        }
        RuleFilterProvider filters = plugins.named(RuleFilterProvider.class, RuleFilterProvider.INDEXED);
        Map<RuleSource, RuleSet> made = new LinkedHashMap<>();
        rules.forEach((source, all) -> {
            RuleSet before = sets.get(source);
            Layouts layouts = layouts(buses, source.group().bus());
            made.put(
                    source,
                    before != null
                                    && before.rules().equals(all)
                                    && before.layouts().equals(layouts)
                            ? before
                            : new RuleSet(source, layouts, all, filters));
        });
        return made;
    }

    private static Layouts layouts(Map<BusName, BusDefinition> buses, BusName bus) {
        return Layouts.of(buses.getOrDefault(bus, BusDefinition.getDefaultInstance()));
    }

    /** Of the definitions. */
    public long version() {
        return version;
    }

    /** What judges the events of each subscription. */
    public Map<RuleSource, RuleSet> sets() {
        return sets;
    }

    /** By {@code namespace:rule}: what this process lacks for a rule, such as a plugin. */
    public Map<String, String> problems() {
        return problems;
    }

    /** All rules that were compiled, disabled ones too. */
    public List<Rule> rules() {
        return entries.values().stream().map(Entry::rule).toList();
    }
}
