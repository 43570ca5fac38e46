package io.eventmesh.function.jsonata;

import com.dashjoin.jsonata.Utils.RangeList;
import java.util.Collection;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How heavy values are: {@value #NODE} for each value, and one for each character.
 *
 * <p>A value that stands in several places counts in each: what a function or a comparison would walk through. So no
 * value can be heavier than its bound, however often an expression puts it into itself, and every function ends that
 * takes time in proportion to its arguments. A container that was weighed is known from then on, unless the expression
 * can change containers.
 *
 * <p>For one evaluation, one thread.
 */
final class Weights {
    static final int NODE = 8;
    /** Of one value; an event of 1 MiB has half of it. */
    static final long MAX = 2_500_000;

    private static final int MAX_DEPTH = 200;
    /** The engine copies what it has for every list that a wildcard meets. */
    private static final int MAX_LISTS_FOR_WILDCARD = 5_000;

    private final boolean changing;
    private final boolean wildcards;
    private IdentityHashMap<Object, Weight> known = new IdentityHashMap<>();
    private int depth;

    /**
     * @param changing whether the expression can change containers
     * @param wildcards whether it has any
     */
    Weights(boolean changing, boolean wildcards) {
        this.changing = changing;
        this.wildcards = wildcards;
    }

    private record Weight(long weight, int elements, int depth) {}

    /** The weight of a value. */
    long weigh(Object value, Budget budget) {
        if (changing) {
            known = new IdentityHashMap<>();
        }
        depth = 0;
        return of(value, budget).weight();
    }

    /** How deep a value is that was weighed just now; 1 for an empty container. */
    int depth(Object value) {
        Weight weight = known.get(value);
        return weight == null ? 1 : weight.depth();
    }

    private Weight of(@Nullable Object value, Budget budget) {
        if (value instanceof RangeList range) {
            return new Weight(limited((long) NODE * (1 + range.size())), range.size(), 1);
        }
        if (value instanceof Collection<?> list) {
            Weight there = known.get(value);
            return there != null && there.elements() == list.size() ? there : container(value, list, 0, budget);
        }
        if (value instanceof Map<?, ?> map) {
            Weight there = known.get(value);
            return there != null && there.elements() == map.size()
                    ? there
                    : container(value, map.values(), keys(map), budget);
        }
        return new Weight(value instanceof String text ? NODE + text.length() : NODE, 0, 0);
    }

    private static long keys(Map<?, ?> map) {
        long characters = 0;
        for (Object key : map.keySet()) {
            characters += NODE + String.valueOf(key).length();
        }
        return characters;
    }

    private Weight container(Object container, Collection<?> elements, long keys, Budget budget) {
        if (++depth > MAX_DEPTH) {
            throw new Exceeded("a value deeper than " + MAX_DEPTH);
        }
        long sum = limited(NODE + keys);
        int deepest = 0;
        int lists = 0;
        for (Object element : elements) {
            budget.step();
            Weight weight = of(element, budget);
            sum = limited(sum + weight.weight());
            deepest = Math.max(deepest, weight.depth());
            lists += element instanceof List<?> ? 1 : 0;
        }
        if (wildcards && lists > MAX_LISTS_FOR_WILDCARD) {
            throw new Exceeded("%d lists in one value (expected: at most %d where a wildcard is used)"
                    .formatted(lists, MAX_LISTS_FOR_WILDCARD));
        }
        depth--;
        Weight weight = new Weight(sum, elements.size(), deepest + 1);
        known.put(container, weight);
        return weight;
    }

    private static long limited(long weight) {
        if (weight > MAX) {
            throw new Exceeded(
                    "a value heavier than %d (%d for each value, 1 for each character)".formatted(MAX, NODE));
        }
        return weight;
    }
}
