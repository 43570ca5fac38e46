package io.eventmesh.runtime.function;

import io.eventmesh.rules.Rule;
import io.eventmesh.rules.RuleSource;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.FunctionTimer;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BiConsumer;
import java.util.function.ToDoubleFunction;

/**
 * What the function role counts, for each rule and each group of rules.
 *
 * <p>So many rules have counters of their own as there is room for labels; the others share those of the rule {@code _other}.
 * Thread-safe; counting takes some nanoseconds.
 */
final class RuleMeters {
    private static final String OTHER = "_other";
    private static final int MAX_LABELS = 500;

    private record Label(String namespace, String rule) {
        static Label of(Rule rule) {
            return new Label(rule.bus().namespace(), rule.name());
        }
    }

    private record Attachment(Label rule, RuleSource source) {}

    private record Since(LongAdder judged, long before) {
        long count() {
            return judged.sum() - before;
        }
    }

    /** Counts of one rule, whatever its revisions. */
    static final class OfRule {
        /** It took the event, and a result was made. */
        final LongAdder taken = new LongAdder();
        /** It took the event, which went to the dead letters. */
        final LongAdder failed = new LongAdder();
        /** It took the event, which was dropped as the rule says. */
        final LongAdder dropped = new LongAdder();
        /** Transforms that could not change an event and were passed over. */
        final LongAdder skipped = new LongAdder();
        /** Attempts for which there was no room or no processor time. */
        final LongAdder again = new LongAdder();

        final LongAdder applied = new LongAdder();
        final LongAdder nanos = new LongAdder();
        private final LongAdder judgedBefore = new LongAdder();
        private final Map<Attachment, Since> judging = new ConcurrentHashMap<>();
        private final List<Meter> registered = new ArrayList<>();

        private double judged() {
            return judgedBefore.sum()
                    + judging.values().stream().mapToLong(Since::count).sum();
        }

        private double filtered() {
            return Math.max(0, judged() - taken.sum() - failed.sum() - dropped.sum());
        }
    }

    /** Counts of one subscription of a group. */
    static final class OfSource {
        final LongAdder judged = new LongAdder();
        /** That filters took. */
        final LongAdder nanos = new LongAdder();
        /** That transforms took. */
        final LongAdder applying = new LongAdder();
    }

    private final MeterRegistry meters;
    private final Counter results;
    private final Counter released;
    private final Map<Label, OfRule> rules = new ConcurrentHashMap<>();
    private final OfRule other = new OfRule();
    private final Map<RuleSource, OfSource> sources = new ConcurrentHashMap<>();
    private boolean otherTold;

    RuleMeters(MeterRegistry meters) {
        this.meters = meters;
        results = Counter.builder("eventmesh_rule_result_events")
                .description("Results and dead letters that rules published")
                .register(meters);
        released = Counter.builder("eventmesh_rule_released_events")
                .description("Events that could not be judged at this moment and will come again")
                .register(meters);
        FunctionCounter.builder("eventmesh_rule_judged_events", this, RuleMeters::judged)
                .description("Events judged by the rules of their bus")
                .register(meters);
        FunctionTimer.builder(
                        "eventmesh_rule_judging",
                        this,
                        of -> (long) of.judged(),
                        RuleMeters::nanos,
                        TimeUnit.NANOSECONDS)
                .description("Time that filters took, for all rules of a bus together")
                .register(meters);
    }

    private double judged() {
        return sources.values().stream()
                .mapToLong(source -> source.judged.sum())
                .sum();
    }

    private double nanos() {
        return sources.values().stream().mapToLong(source -> source.nanos.sum()).sum();
    }

    void published(int count) {
        results.increment(count);
    }

    void released() {
        released.increment();
    }

    /** The counts of a rule. */
    OfRule of(Rule rule) {
        return rules.getOrDefault(Label.of(rule), other);
    }

    /** The counts of a subscription, which are kept when it is left. */
    OfSource of(RuleSource source) {
        return sources.computeIfAbsent(source, unknown -> new OfSource());
    }

    /** The counts of every subscription that this runtime ever had. */
    void forEachSource(BiConsumer<RuleSource, OfSource> consumer) {
        sources.forEach(consumer);
    }

    /** The subscription's events are judged by these rules from now on. */
    synchronized void judging(RuleSource source, Collection<Rule> by) {
        LongAdder judged = of(source).judged;
        Set<Label> now = new HashSet<>();
        for (Rule rule : by) {
            Label label = Label.of(rule);
            now.add(label);
            made(label)
                    .judging
                    .computeIfAbsent(new Attachment(label, source), fresh -> new Since(judged, judged.sum()));
        }
        Map<Label, OfRule> all = new HashMap<>(rules);
        all.put(new Label("", OTHER), other);
        all.values()
                .forEach(counts -> counts.judging.forEach((attachment, since) -> {
                    if (attachment.source().equals(source) && !now.contains(attachment.rule())) {
                        counts.judging.remove(attachment);
                        counts.judgedBefore.add(since.count());
                    }
                }));
    }

    /** Of all rules, these are left: what was counted for others is told no more. */
    synchronized void retain(Collection<Rule> left) {
        Set<Label> names = new HashSet<>();
        left.forEach(rule -> names.add(Label.of(rule)));
        rules.forEach((label, counts) -> {
            if (!names.contains(label)) {
                rules.remove(label);
                counts.registered.forEach(meters::remove);
            }
        });
    }

    private OfRule made(Label label) {
        OfRule known = rules.get(label);
        if (known != null) {
            return known;
        }
        if (rules.size() >= MAX_LABELS) {
            if (!otherTold) {
                otherTold = true;
                register(new Label("", OTHER), other);
            }
            return other;
        }
        OfRule fresh = new OfRule();
        register(label, fresh);
        rules.put(label, fresh);
        return fresh;
    }

    private void register(Label label, OfRule counts) {
        Tags tags = Tags.of("namespace", label.namespace(), "rule", label.rule());
        outcome(counts, tags, "taken", of -> of.taken.sum());
        outcome(counts, tags, "filtered", OfRule::filtered);
        outcome(counts, tags, "failed", of -> of.failed.sum());
        outcome(counts, tags, "dropped", of -> of.dropped.sum());
        counts.registered.add(FunctionCounter.builder("eventmesh_rule_skipped_steps", counts, of -> of.skipped.sum())
                .tags(tags)
                .description("Transforms that could not change an event and were passed over")
                .register(meters));
        counts.registered.add(FunctionCounter.builder("eventmesh_rule_postponed_events", counts, of -> of.again.sum())
                .tags(tags)
                .description("Attempts to apply the rule for which there was no room or no processor time")
                .register(meters));
        counts.registered.add(FunctionTimer.builder(
                        "eventmesh_rule_applying",
                        counts,
                        of -> of.applied.sum(),
                        of -> of.nanos.sum(),
                        TimeUnit.NANOSECONDS)
                .tags(tags)
                .description("Time that the rule's transforms took")
                .register(meters));
    }

    private void outcome(OfRule counts, Tags tags, String outcome, ToDoubleFunction<OfRule> count) {
        counts.registered.add(FunctionCounter.builder("eventmesh_rule_events", counts, count)
                .tags(tags.and("outcome", outcome))
                .description("Events that the rule judged: taken, filtered, failed or dropped")
                .register(meters));
    }
}
