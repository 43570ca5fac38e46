package io.eventmesh.runtime.function;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.TopicName;
import io.eventmesh.common.topic.TopicPattern;
import io.eventmesh.runtime.DeadLetterText;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.function.EventView;
import io.eventmesh.spi.function.FilterProvider;
import io.eventmesh.spi.function.FilterSet;
import io.eventmesh.spi.mesh.Outgoing;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The rules of one bus that judge the events of one pattern, filtered in one pass. Immutable, thread-safe: an event is
 * judged by exactly one set, the one current when it is dispatched.
 */
final class RuleSet {
    private final TopicPattern pattern;
    private final TopicName outbox;
    private final String namespace;
    private final List<Rule> rules;
    private final FilterSet filters;
    private final boolean quick;

    RuleSet(BusPattern of, List<Rule> rules, FilterProvider language) {
        this.pattern = of.pattern();
        this.namespace = of.namespace();
        this.outbox = TopicName.of("_t/" + of.namespace() + "/" + of.bus());
        this.rules = List.copyOf(rules);
        Map<String, String> specs = new HashMap<>();
        for (Rule rule : rules) {
            if (!rule.filter().isEmpty()) {
                specs.put(rule.name(), rule.filter());
            }
        }
        this.filters = specs.isEmpty() ? event -> Set.of() : language.compileAll(specs);
        this.quick = rules.stream().allMatch(Rule::isQuick);
    }

    /** Whether judging never waits. */
    boolean isQuick() {
        return quick;
    }

    /**
     * What the rules make of an event: results for the outbox, and dead letters for rules that could not be applied. A
     * failure that time may heal is thrown.
     *
     * @param hops how many rules its ancestors passed
     */
    List<Outgoing> judge(EventView view, int hops, int maxHops, long nowMillis) {
        Set<String> yes = filters.matches(view);
        List<Outgoing> results = new ArrayList<>();
        for (Rule rule : rules) {
            boolean taken = rule.filter().isEmpty() || yes.contains(rule.name());
            if (taken && rule.judges(view.topic(), pattern)) {
                apply(rule, view, hops, maxHops, nowMillis, results);
            }
        }
        return results;
    }

    private void apply(Rule rule, EventView view, int hops, int maxHops, long nowMillis, List<Outgoing> results) {
        try {
            if (hops >= maxHops) {
                throw new EventMeshException(
                        ErrorCode.RULE_INVALID,
                        "hops: %d (expected: below %d; the event runs in a circle of rules)".formatted(hops, maxHops));
            }
            Event result = rule.result(view);
            for (String target : rule.targets()) {
                results.add(new Outgoing(outbox, result, rule.name() + "/" + target, hops + 1));
            }
        } catch (EventMeshException refused) {
            if (refused.code().retryable()) {
                throw refused;
            }
            for (String target : rule.targets()) {
                results.add(deadLetter(rule, target, view, refused, nowMillis));
            }
        }
    }

    private Outgoing deadLetter(Rule rule, String target, EventView view, EventMeshException why, long nowMillis) {
        Event letter = view.event()
                .with(Map.of(
                        "dlreason", why.code().name(),
                        "dlstage", "transform",
                        "dlcode", why.code().name(),
                        "dlmsg", DeadLetterText.cut(why.reason()),
                        "dlattempts", "1",
                        "dlexhausted", "permanent",
                        "dlfirsttime", Instant.ofEpochMilli(nowMillis).toString(),
                        "dllasttime", Instant.ofEpochMilli(nowMillis).toString(),
                        "dltopic", view.topic().value()));
        return new Outgoing(TopicName.of("_dl/%s/rule/%s/%s".formatted(namespace, rule.name(), target)), letter);
    }
}
