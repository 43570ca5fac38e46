package io.eventmesh.rules;

import io.eventmesh.spi.function.EventView;
import io.eventmesh.spi.function.RuleFilter;
import io.eventmesh.spi.function.RuleFilterProvider;
import io.eventmesh.spi.function.RuleIndex;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The rules that judge the events of one subscription, filtered in one pass. Immutable, thread-safe: an event is judged by
 * exactly one set, the one current when it is dispatched.
 */
public final class RuleSet {
    private final RuleSource source;
    private final Layouts layouts;
    private final List<Rule> rules;
    private final RuleIndex<Rule> index;
    /** Whether an event that came by the source's pattern needs no other look at its topic, whichever rule takes it. */
    private final boolean bySource;

    RuleSet(RuleSource source, Layouts layouts, List<Rule> rules, RuleFilterProvider filters) {
        this.source = source;
        this.layouts = layouts;
        this.rules = List.copyOf(rules);
        Map<Rule, RuleFilter> byRule = new LinkedHashMap<>();
        rules.forEach(rule -> byRule.put(rule, rule.filter()));
        this.index = filters.index(byRule);
        this.bySource = rules.stream().allMatch(rule -> rule.judgesAllOf(source.pattern()));
    }

    /** Every rule of the set; disabled ones are in none. */
    public List<Rule> rules() {
        return rules;
    }

    /** The layouts of its bus. */
    Layouts layouts() {
        return layouts;
    }

    /** Append time of the oldest event that concerns it; 0 for any. */
    public long sinceMillis() {
        long ofRules = rules.stream()
                .mapToLong(rule -> rule.definition().getSinceMs())
                .min()
                .orElse(0);
        return Math.max(ofRules, layouts.since(source.group().layout()));
    }

    /** Whether its events of that time are its own to judge; those of another layout of the bus are not. */
    public boolean judges(EventView view) {
        return layouts.at(view.appendTimeMillis()).number() == source.group().layout();
    }

    /** The rules that take an event that it {@link #judges}, in one pass; quick, never throws. */
    public List<Rule> taking(EventView view) {
        List<Rule> matching = index.matches(view);
        if (bySource || matching.isEmpty()) {
            return matching;
        }
        List<Rule> taking = new ArrayList<>(matching.size());
        for (Rule rule : matching) {
            // an event of several patterns of a rule comes several times and is judged by way of the first of them
            if (rule.patternOf(view.topic()).filter(source.pattern()::equals).isPresent()) {
                taking.add(rule);
            }
        }
        return taking;
    }
}
