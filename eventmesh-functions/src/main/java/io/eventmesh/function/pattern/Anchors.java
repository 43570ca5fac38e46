package io.eventmesh.function.pattern;

import io.eventmesh.function.subscription.Dialect;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Chooses for each rule by which of its tests it is found: tests of which one must hold whenever the rule says yes, and
 * which as few other rules as possible share. All rules are {@linkplain #add added} first. For one thread.
 */
final class Anchors {
    private final Map<Field, Counts> byField = new HashMap<>();

    /** Tests of which one must hold, and about how many rules an event that meets one of them meets. */
    record Choice(List<Conjunct.Test> tests, long shared) {
        private Choice and(Choice other) {
            List<Conjunct.Test> all = new ArrayList<>(tests);
            all.addAll(other.tests);
            return new Choice(all, shared + other.shared);
        }
    }

    /** How often the same is asked of a field. */
    private static final class Counts {
        private final Map<Object, Integer> same = new HashMap<>();
        private final Grams.Counts grams = new Grams.Counts();
        private final List<Stabbing.Entry<Num>> numbers = new ArrayList<>();
        private final List<Stabbing.Entry<IpAddress>> blocks = new ArrayList<>();
        private long anyValue;
        private long overlappingNumbers = -1;
        private long overlappingBlocks = -1;
    }

    void add(RuleBody rule) {
        if (rule.pattern() != null) {
            forEachTest(rule.pattern(), this::count);
        }
        if (rule.dialect() != null) {
            forEachTest(rule.dialect(), this::count);
        }
    }

    /** By what the rule is found; null when an event without any of its fields may meet it. */
    @Nullable
    Choice choose(RuleBody rule) {
        Choice pattern = rule.pattern() == null ? null : choose(rule.pattern());
        Choice dialect = rule.dialect() == null ? null : choose(rule.dialect());
        return rarer(pattern, dialect);
    }

    /** The gram by which a wildcard on the field is found; null when it has none. */
    Grams.@Nullable Gram rarest(Field field, Wildcard wildcard) {
        return counts(field).grams.rarest(wildcard);
    }

    private static void forEachTest(Pattern pattern, Consumer<Conjunct.Test> consumer) {
        if (pattern instanceof Pattern.All all) {
            all.members().forEach(member -> forEachTest(member, consumer));
        } else if (pattern instanceof Pattern.Any any) {
            any.members().forEach(member -> forEachTest(member, consumer));
        } else if (pattern instanceof Pattern.Leaf leaf) {
            leaf.conjuncts().forEach(conjunct -> conjunct.tests().forEach(consumer));
        }
    }

    private static void forEachTest(Dialect dialect, Consumer<Conjunct.Test> consumer) {
        if (dialect instanceof Dialect.All all) {
            all.members().forEach(member -> forEachTest(member, consumer));
        } else if (dialect instanceof Dialect.Any any) {
            any.members().forEach(member -> forEachTest(member, consumer));
        } else if (dialect instanceof Dialect.Compare compare) {
            consumer.accept(test(compare));
        }
    }

    private static Conjunct.Test test(Dialect.Compare compare) {
        String expected = compare.expected();
        Matcher matcher = switch (compare.comparison()) {
            case EXACT -> new Matcher.Exact(expected);
            case PREFIX -> new Matcher.Prefix(expected, false);
            case SUFFIX -> new Matcher.Suffix(expected, false);
        };
        return new Conjunct.Test(Field.textOf(compare.attribute()), List.of(matcher));
    }

    private Counts counts(Field field) {
        return byField.computeIfAbsent(field, f -> new Counts());
    }

    private void count(Conjunct.Test test) {
        Counts counts = counts(test.field());
        for (Matcher matcher : test.matchers()) {
            if (matcher instanceof Matcher.OneOf some) {
                some.keys().forEach(key -> counts.same.merge(key, 1, Integer::sum));
            } else if (matcher instanceof Matcher.Exact exact) {
                counts.same.merge(exact.key(), 1, Integer::sum);
            } else if (matcher instanceof Matcher.Numeric numeric) {
                counts.numbers.add(new Stabbing.Entry<>(numeric.range(), 0));
            } else if (matcher instanceof Matcher.Cidr cidr) {
                counts.blocks.add(new Stabbing.Entry<>(cidr.range(), 0));
            } else if (matcher instanceof Matcher.Like like) {
                counts.grams.add(like.wildcard());
                counts.anyValue++;
            } else if (isAnyValue(matcher)) {
                counts.anyValue++;
            } else {
                counts.same.merge(matcher, 1, Integer::sum);
            }
        }
    }

    private static boolean isAnyValue(Matcher matcher) {
        return matcher instanceof Matcher.Present
                || matcher instanceof Matcher.AnythingBut
                || matcher instanceof Matcher.SameAs;
    }

    private @Nullable Choice choose(Pattern pattern) {
        if (pattern instanceof Pattern.Leaf leaf) {
            Choice all = new Choice(List.of(), 0);
            for (Conjunct conjunct : leaf.conjuncts()) {
                Choice best = null;
                for (Conjunct.Test test : conjunct.tests()) {
                    best = rarer(best, new Choice(List.of(test), shared(test)));
                }
                if (best == null) {
                    return null;
                }
                all = all.and(best);
            }
            return all;
        }
        if (pattern instanceof Pattern.Any any) {
            return union(any.members().stream().map(this::choose).toList());
        }
        Choice best = null;
        for (Pattern member : ((Pattern.All) pattern).members()) {
            best = rarer(best, choose(member));
        }
        return best;
    }

    private @Nullable Choice choose(Dialect dialect) {
        if (dialect instanceof Dialect.Compare compare) {
            Conjunct.Test test = test(compare);
            return new Choice(List.of(test), shared(test));
        }
        if (dialect instanceof Dialect.Any any) {
            return union(any.members().stream().map(this::choose).toList());
        }
        Choice best = null;
        if (dialect instanceof Dialect.All all) {
            for (Dialect member : all.members()) {
                best = rarer(best, choose(member));
            }
        }
        return best;
    }

    private static @Nullable Choice union(List<@Nullable Choice> members) {
        Choice all = new Choice(List.of(), 0);
        for (Choice member : members) {
            if (member == null) {
                return null;
            }
            all = all.and(member);
        }
        return all;
    }

    private static @Nullable Choice rarer(@Nullable Choice one, @Nullable Choice other) {
        if (one == null || other == null) {
            return one == null ? other : one;
        }
        return other.shared < one.shared ? other : one;
    }

    private long shared(Conjunct.Test test) {
        Counts counts = counts(test.field());
        long shared = 0;
        for (Matcher matcher : test.matchers()) {
            shared += shared(matcher, counts);
        }
        return shared;
    }

    private static long shared(Matcher matcher, Counts counts) {
        if (matcher instanceof Matcher.OneOf some) {
            return some.keys().stream()
                    .mapToLong(key -> counts.same.getOrDefault(key, 0))
                    .sum();
        }
        if (matcher instanceof Matcher.Exact exact) {
            return counts.same.getOrDefault(exact.key(), 0);
        }
        if (matcher instanceof Matcher.Numeric) {
            if (counts.overlappingNumbers < 0) {
                counts.overlappingNumbers = new Stabbing<>(counts.numbers).worst(new long[] {1});
            }
            return counts.overlappingNumbers;
        }
        if (matcher instanceof Matcher.Cidr) {
            if (counts.overlappingBlocks < 0) {
                counts.overlappingBlocks = new Stabbing<>(counts.blocks).worst(new long[] {1});
            }
            return counts.overlappingBlocks;
        }
        if (matcher instanceof Matcher.Like like) {
            Grams.Gram gram = counts.grams.rarest(like.wildcard());
            return gram == null ? counts.anyValue : counts.grams.count(gram);
        }
        return isAnyValue(matcher) ? counts.anyValue : counts.same.getOrDefault(matcher, 0);
    }
}
