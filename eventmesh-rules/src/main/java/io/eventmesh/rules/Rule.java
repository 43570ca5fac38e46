package io.eventmesh.rules;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.TopicName;
import io.eventmesh.common.topic.TopicPattern;
import io.eventmesh.proto.v1.RuleDefinition;
import io.eventmesh.proto.v1.TargetDefinition;
import io.eventmesh.rules.chain.Chain;
import io.eventmesh.rules.chain.Passage;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.function.EventView;
import io.eventmesh.spi.function.FilterClause;
import io.eventmesh.spi.function.InvalidSpec;
import io.eventmesh.spi.function.RuleFilter;
import io.eventmesh.spi.function.RuleFilterProvider;
import io.eventmesh.spi.plugin.Plugins;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * One rule at one revision, compiled. Immutable, thread-safe; equal to itself only.
 *
 * <p>Judges by itself; a {@link RuleSet} judges by all rules of a subscription in one pass, with the same answers.
 */
public final class Rule {
    private final RuleDefinition definition;
    private final BusName bus;
    private final List<TopicPattern> patterns;
    /** What a topic must match too; empty when nothing else. */
    private final List<TopicPattern> busPatterns;

    private final RuleFilter filter;
    private final Chain chain;
    private final List<TargetName> targets;
    private final List<String> headers;

    private Rule(
            RuleDefinition definition,
            List<TopicPattern> patterns,
            List<TopicPattern> busPatterns,
            RuleFilter filter,
            Chain chain) {
        this.definition = definition;
        this.bus = new BusName(definition.getNamespace(), definition.getBus());
        this.patterns = patterns;
        this.busPatterns = patterns.equals(busPatterns) ? List.of() : busPatterns;
        this.filter = filter;
        this.chain = chain;
        this.targets = definition.getTargetsList().stream()
                .map(TargetDefinition::getName)
                .map(target -> new TargetName(definition.getName(), target, definition.getRevision()))
                .toList();
        this.headers = targets.stream().map(TargetName::toString).toList();
    }

    /**
     * Compiles a rule.
     *
     * @param busPatterns of its bus: a rule without patterns judges what they take, one with patterns what both take;
     *     empty for a bus that takes everything
     * @throws EventMeshException RULE_INVALID with path and reason, an {@link InvalidSpec} or a
     *     {@link io.eventmesh.spi.function.FilterRefusal} where it is about one place; PLUGIN_UNKNOWN
     */
    public static Rule compile(RuleDefinition definition, List<String> busPatterns, Plugins plugins) {
        List<TopicPattern> ofBus = patterns(busPatterns);
        Chain chain;
        try {
            chain = Chain.of(definition.getTransformsList(), definition.getName(), plugins);
        } catch (InvalidSpec invalid) {
            throw invalid.below("/transforms");
        }
        return new Rule(
                definition,
                definition.getPatternsCount() > 0 ? patterns(definition.getPatternsList()) : ofBus,
                ofBus,
                plugins.named(RuleFilterProvider.class, RuleFilterProvider.INDEXED)
                        .compile(definition.getFilter(), definition.getFilters()),
                chain);
    }

    private static List<TopicPattern> patterns(List<String> texts) {
        return texts.stream().distinct().map(TopicPattern::of).toList();
    }

    public String name() {
        return definition.getName();
    }

    public BusName bus() {
        return bus;
    }

    public long revision() {
        return definition.getRevision();
    }

    public RuleDefinition definition() {
        return definition;
    }

    /** The topics that it judges, its own or those of its bus. */
    public List<TopicPattern> patterns() {
        return patterns;
    }

    /** What it asks of an event. */
    public RuleFilter filter() {
        return filter;
    }

    /** What it makes of an event. */
    public Chain chain() {
        return chain;
    }

    /** Where its results go, as their headers say it. */
    public List<TargetName> targets() {
        return targets;
    }

    /** The same as texts. */
    public List<String> headers() {
        return headers;
    }

    /** The first of its patterns that takes the topic, by which alone it judges the topic's events. */
    public Optional<TopicPattern> patternOf(TopicName topic) {
        if (!busPatterns.isEmpty() && !matches(busPatterns, topic)) {
            return Optional.empty();
        }
        for (TopicPattern pattern : patterns) {
            if (pattern.matches(topic)) {
                return Optional.of(pattern);
            }
        }
        return Optional.empty();
    }

    /** Whether it judges every event that the pattern takes by way of it. */
    boolean judgesAllOf(TopicPattern pattern) {
        return busPatterns.isEmpty() && !patterns.isEmpty() && patterns.get(0).equals(pattern);
    }

    private static boolean matches(List<TopicPattern> patterns, TopicName topic) {
        for (TopicPattern pattern : patterns) {
            if (pattern.matches(topic)) {
                return true;
            }
        }
        return false;
    }

    /** Whether the rule takes the event; quick. A disabled one takes none. */
    public boolean takes(EventView view) {
        return !definition.getDisabled() && patternOf(view.topic()).isPresent() && filter.test(view);
    }

    /**
     * What the rule makes of an event that it {@link #takes}. Never throws; blocks as long as its transforms may, unless
     * its chain is quick.
     *
     * @param hops how many rules the event's ancestors passed
     * @param maxHops at so many the event runs in a circle
     */
    public Verdict apply(EventView view, int hops, int maxHops) {
        if (hops >= maxHops) {
            return new Verdict.Failed(
                    "filter",
                    "too-many-hops",
                    new EventMeshException(
                            ErrorCode.RULE_INVALID,
                            "hops: %d (expected: below %d; the event runs in a circle of rules)"
                                    .formatted(hops, maxHops)));
        }
        if (chain.isEmpty()) {
            return new Verdict.Taken(view.event(), 0);
        }
        Passage passage = chain.pass(view);
        if (passage instanceof Passage.Passed passed) {
            return new Verdict.Taken(
                    named(view.event(), passed.event()), passed.skips().size());
        } else if (passage instanceof Passage.Dropped dropped) {
            return new Verdict.Dropped(dropped.why());
        } else if (passage instanceof Passage.Failed failed) {
            return new Verdict.Failed("transform", "transform-failed", failed.why());
        }
        return new Verdict.Again(((Passage.Unready) passage).why());
    }

    /** What was changed is an event of its own. */
    private Event named(Event input, Event changed) {
        return changed == input
                ? input
                : changed.toBuilder().id(ResultId.of(input, name(), revision())).build();
    }

    /**
     * Says of each clause of the rule whether the event meets it, and what the rule makes of it; blocks as {@link #apply}
     * does.
     */
    public Explanation explain(EventView view, int hops, int maxHops) {
        List<FilterClause> clauses = new ArrayList<>();
        boolean onTopic = patternOf(view.topic()).isPresent();
        clauses.add(new FilterClause(
                "/enabled", "", "true", Boolean.toString(!definition.getDisabled()), !definition.getDisabled()));
        clauses.add(new FilterClause(
                "/patterns", "", "one of " + patterns, view.topic().value(), onTopic));
        clauses.add(new FilterClause("/hops", "", "below " + maxHops, Integer.toString(hops), hops < maxHops));
        clauses.addAll(filter.explain(view));
        Optional<String> refusal = refusal(view, clauses);
        if (refusal.isPresent()) {
            return explained(Explanation.Outcome.NOT_TAKEN, clauses, List.of(), Optional.empty(), refusal.get());
        }
        Verdict verdict = apply(view, hops, maxHops);
        List<Chain.Trace> steps = hops < maxHops ? chain.trace(view) : List.of();
        if (verdict instanceof Verdict.Taken taken) {
            return explained(Explanation.Outcome.TAKEN, clauses, steps, Optional.of(taken.result()), "");
        } else if (verdict instanceof Verdict.Dropped dropped) {
            return explained(
                    Explanation.Outcome.DROPPED,
                    clauses,
                    steps,
                    Optional.empty(),
                    dropped.why().reason());
        } else if (verdict instanceof Verdict.Failed failed) {
            return explained(
                    Explanation.Outcome.FAILED,
                    clauses,
                    steps,
                    Optional.empty(),
                    failed.why().reason());
        }
        String later = ((Verdict.Again) verdict).why().reason();
        return explained(Explanation.Outcome.AGAIN, clauses, steps, Optional.empty(), later);
    }

    private Optional<String> refusal(EventView view, List<FilterClause> clauses) {
        if (takes(view)) {
            return Optional.empty();
        }
        return clauses.stream()
                .filter(clause -> !clause.matched())
                .findFirst()
                .map(clause -> "%s: %s (expected: %s)".formatted(clause.pointer(), clause.found(), clause.expected()))
                .or(() -> Optional.of("/filter: no alternative is met as a whole"));
    }

    private Explanation explained(
            Explanation.Outcome outcome,
            List<FilterClause> clauses,
            List<Chain.Trace> steps,
            Optional<Event> result,
            String reason) {
        List<String> names = targets.stream().map(TargetName::target).toList();
        return new Explanation(
                bus, name(), revision(), outcome, List.copyOf(clauses), List.copyOf(steps), result, reason, names);
    }

    @Override
    public String toString() {
        return bus.namespace() + ":" + name() + "@" + revision();
    }
}
