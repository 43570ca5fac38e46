package io.eventmesh.function.pattern;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The rules that are found by one field, each by what it asks of it. Immutable. */
final class FieldIndex {
    private final Map<Object, int[]> exact;
    private final Map<IpAddress, int[]> addresses;
    private final Map<String, int[]> anyCase;
    private final @Nullable Radix prefixes;
    private final @Nullable Radix suffixes;
    private final @Nullable Radix anyCasePrefixes;
    private final @Nullable Radix anyCaseSuffixes;
    private final @Nullable Stabbing<Num> numbers;
    private final @Nullable Stabbing<IpAddress> blocks;
    private final @Nullable Grams grams;
    private final int[] anyText;
    private final int[] anyValue;

    private FieldIndex(Builder builder) {
        exact = arrays(builder.exact);
        addresses = arrays(builder.addresses);
        anyCase = arrays(builder.anyCase);
        prefixes = radix(builder.prefixes, false);
        suffixes = radix(builder.suffixes, true);
        anyCasePrefixes = radix(builder.anyCasePrefixes, false);
        anyCaseSuffixes = radix(builder.anyCaseSuffixes, true);
        numbers = builder.numbers.isEmpty() ? null : new Stabbing<>(builder.numbers);
        blocks = builder.blocks.isEmpty() ? null : new Stabbing<>(builder.blocks);
        if (builder.grams.isEmpty()) {
            grams = null;
        } else {
            grams = new Grams();
            grams.putAll(builder.grams);
        }
        anyText = builder.anyText.toArray();
        anyValue = builder.anyValue.toArray();
    }

    private static <K> Map<K, int[]> arrays(Map<K, Ints> lists) {
        Map<K, int[]> arrays = new HashMap<>(2 * lists.size());
        lists.forEach((key, rules) -> arrays.put(key, rules.toArray()));
        return arrays;
    }

    private static @Nullable Radix radix(Map<String, Ints> texts, boolean backwards) {
        if (texts.isEmpty()) {
            return null;
        }
        Radix radix = new Radix(backwards);
        texts.forEach((text, rules) -> radix.put(text, rules.toArray()));
        return radix;
    }

    static final class Builder {
        private final Field field;
        private final Anchors anchors;
        private final Map<Object, Ints> exact = new HashMap<>();
        private final Map<IpAddress, Ints> addresses = new HashMap<>();
        private final Map<String, Ints> anyCase = new HashMap<>();
        private final Map<String, Ints> prefixes = new HashMap<>();
        private final Map<String, Ints> suffixes = new HashMap<>();
        private final Map<String, Ints> anyCasePrefixes = new HashMap<>();
        private final Map<String, Ints> anyCaseSuffixes = new HashMap<>();
        private final List<Stabbing.Entry<Num>> numbers = new ArrayList<>();
        private final List<Stabbing.Entry<IpAddress>> blocks = new ArrayList<>();
        private final Map<Grams.Gram, Ints> grams = new HashMap<>();
        private final Ints anyText = new Ints();
        private final Ints anyValue = new Ints();

        Builder(Field field, Anchors anchors) {
            this.field = field;
            this.anchors = anchors;
        }

        /** The rule is found by values that meet this. */
        void add(Matcher matcher, int rule) {
            if (matcher instanceof Matcher.Exact is) {
                put(exact, is.key(), rule);
            } else if (matcher instanceof Matcher.OneOf some) {
                some.keys().forEach(key -> put(exact, key, rule));
            } else if (matcher instanceof Matcher.Address is) {
                put(addresses, is.address(), rule);
            } else if (matcher instanceof Matcher.AnyCase text) {
                put(anyCase, text.text(), rule);
            } else if (matcher instanceof Matcher.Prefix prefix) {
                put(prefix.anyCase() ? anyCasePrefixes : prefixes, prefix.text(), rule);
            } else if (matcher instanceof Matcher.Suffix suffix) {
                put(suffix.anyCase() ? anyCaseSuffixes : suffixes, suffix.text(), rule);
            } else if (matcher instanceof Matcher.Numeric numeric) {
                numbers.add(new Stabbing.Entry<>(numeric.range(), rule));
            } else if (matcher instanceof Matcher.Cidr cidr) {
                blocks.add(new Stabbing.Entry<>(cidr.range(), rule));
            } else if (matcher instanceof Matcher.Like like) {
                add(like.wildcard(), rule);
            } else {
                anyValue.add(rule);
            }
        }

        private void add(Wildcard wildcard, int rule) {
            Grams.Gram gram = anchors.rarest(field, wildcard);
            if (gram == null) {
                anyText.add(rule);
            } else {
                put(grams, gram, rule);
            }
        }

        private static <K> void put(Map<K, Ints> lists, K key, int rule) {
            lists.computeIfAbsent(key, k -> new Ints()).add(rule);
        }

        FieldIndex build() {
            return new FieldIndex(this);
        }
    }

    /** Judges the rules that may say yes because of the field's values. */
    void find(int field, Found found, Judging judging) {
        judging.judge(anyValue);
        Lookup lookup = found.lookup(field);
        if (lookup != null) {
            lookup.distinct().forEach(value -> find(value, judging));
            return;
        }
        for (Value value = found.first(field); value != null; value = value.next) {
            find(value, judging);
        }
    }

    private void find(Value value, Judging judging) {
        judge(exact.get(value.key()), judging);
        String text = value.text();
        if (text != null) {
            findText(value, text, judging);
        } else if (numbers != null && value.number() != null) {
            numbers.find(value.number(), judging);
        }
    }

    private void findText(Value value, String text, Judging judging) {
        judging.judge(anyText);
        if (prefixes != null) {
            prefixes.find(text, judging);
        }
        if (suffixes != null) {
            suffixes.find(text, judging);
        }
        if (grams != null) {
            grams.find(text, judging);
        }
        if (!anyCase.isEmpty() || anyCasePrefixes != null || anyCaseSuffixes != null) {
            findAnyCase(value, judging);
        }
        if (blocks != null || !addresses.isEmpty()) {
            findAddress(value, judging);
        }
    }

    private void findAnyCase(Value value, Judging judging) {
        String folded = value.folded();
        if (folded != null) {
            judge(anyCase.get(folded), judging);
            if (anyCasePrefixes != null) {
                anyCasePrefixes.find(folded, judging);
            }
            if (anyCaseSuffixes != null) {
                anyCaseSuffixes.find(folded, judging);
            }
        }
    }

    private void findAddress(Value value, Judging judging) {
        IpAddress address = value.address();
        if (address != null) {
            judge(addresses.get(address), judging);
            if (blocks != null) {
                blocks.find(address, judging);
            }
        }
    }

    private static void judge(int @Nullable [] rules, Judging judging) {
        if (rules != null) {
            judging.judge(rules);
        }
    }

    /** The most that the rules weigh which one value finds. */
    long worst(long[] weights) {
        long text = Weights.of(anyText, weights)
                + worst(prefixes, weights)
                + worst(suffixes, weights)
                + worst(anyCasePrefixes, weights)
                + worst(anyCaseSuffixes, weights)
                + worst(anyCase, weights)
                + worst(addresses, weights)
                + (grams == null ? 0 : grams.worst(weights))
                + (blocks == null ? 0 : blocks.worst(weights));
        long number = numbers == null ? 0 : numbers.worst(weights);
        return Weights.of(anyValue, weights) + worst(exact, weights) + Math.max(text, number);
    }

    private static long worst(@Nullable Radix radix, long[] weights) {
        return radix == null ? 0 : radix.worst(weights);
    }

    private static long worst(Map<?, int[]> lists, long[] weights) {
        long worst = 0;
        for (int[] rules : lists.values()) {
            worst = Math.max(worst, Weights.of(rules, weights));
        }
        return worst;
    }
}
