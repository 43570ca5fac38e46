package io.eventmesh.function.pattern;

import io.eventmesh.spi.function.EventView;
import io.eventmesh.spi.function.FilterCost;
import io.eventmesh.spi.function.RuleIndex;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Each rule is found by one thing that it asks for, its anchor: the one that the fewest other rules share. Only rules that
 * an event's values find are judged as a whole. Immutable. An event whose arrays and texts would take them too long is
 * judged as one whose payload cannot be seen.
 */
final class AnchoredIndex<R> implements RuleIndex<R> {
    private static final Logger log = LoggerFactory.getLogger(AnchoredIndex.class);

    private final List<R> names;
    private final BoundRule[] rules;
    private final Fields fields = new Fields();
    private final @Nullable FieldIndex[] byField;
    private final boolean anchoredInData;
    private final int[] always;
    private final FilterCost cost;
    private final AtomicBoolean told = new AtomicBoolean();

    AnchoredIndex(Map<R, RuleBody> bodies) {
        names = List.copyOf(bodies.keySet());
        rules = new BoundRule[names.size()];
        Anchors anchors = new Anchors();
        bodies.values().forEach(anchors::add);
        Map<Integer, FieldIndex.Builder> builders = new HashMap<>();
        Ints unanchored = new Ints();
        long[] weights = new long[rules.length];
        long alternatives = 0;
        int number = 0;
        boolean inData = false;
        for (RuleBody body : bodies.values()) {
            rules[number] = new BoundRule(body, fields);
            weights[number] = body.weight();
            alternatives += Math.max(1, body.conjuncts().size());
            Anchors.Choice choice = anchors.choose(body);
            if (choice == null) {
                unanchored.add(number);
            } else {
                for (Conjunct.Test test : choice.tests()) {
                    inData |= test.field().isData();
                    FieldIndex.Builder builder = builders.computeIfAbsent(
                            fields.add(test.field()), f -> new FieldIndex.Builder(test.field(), anchors));
                    for (Matcher matcher : test.matchers()) {
                        builder.add(matcher, number);
                    }
                }
            }
            number++;
        }
        always = unanchored.toArray();
        anchoredInData = inData;
        byField = new FieldIndex[fields.count()];
        builders.forEach((field, builder) -> byField[field] = builder.build());
        cost = new FilterCost(rules.length, alternatives, worst(weights));
    }

    private long worst(long[] weights) {
        long all = 0;
        for (long weight : weights) {
            all += weight;
        }
        long worst = Weights.of(always, weights);
        for (FieldIndex index : byField) {
            worst += index == null ? 0 : index.worst(weights);
        }
        return Math.min(all, worst);
    }

    @Override
    public List<R> matches(EventView event) {
        Found found = fields.read(event);
        List<R> matches = matches(event, found);
        if (!found.isSpent()) {
            return matches;
        }
        if (!told.getAndSet(true)) {
            log.warn(
                    "An event takes all rules more than it may and is judged by its attributes alone; others like it are not told. source={} id={} rules={} maxSteps={}",
                    event.event().source(),
                    event.event().id(),
                    rules.length,
                    Found.MAX_STEPS);
        }
        return matches(event, fields.readAttributesAlone(event));
    }

    private List<R> matches(EventView event, Found found) {
        Judging judging = new Judging(rules.length) {
            @Override
            boolean test(int rule) {
                return rules[rule].test(found, event);
            }
        };
        judging.judge(always);
        if (anchoredInData) {
            found.readData();
        }
        // What judging a rule makes it find in the payload is no anchor of any.
        int values = found.count();
        for (int i = 0; i < values; i++) {
            FieldIndex index = byField[found.field(i)];
            if (index != null) {
                index.find(found.field(i), found, judging);
            }
        }
        int[] taken = judging.taken();
        List<R> matches = new ArrayList<>(taken.length);
        for (int rule : taken) {
            matches.add(names.get(rule));
        }
        return matches;
    }

    @Override
    public FilterCost cost() {
        return cost;
    }
}
