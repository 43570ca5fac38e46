package io.eventmesh.function.pattern;

import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.TreeSet;

/**
 * Ranges and the rules that ask for them: those that hold a key are found in a time that grows with the logarithm of their
 * number and with how many they are. A segment tree over the bounds and the gaps between them. Immutable.
 */
final class Stabbing<K extends Comparable<K>> {
    private final List<K> bounds;
    private final int leaves;
    private final int[][] nodes;

    record Entry<K extends Comparable<K>>(Range<K> range, int rule) {}

    Stabbing(Collection<Entry<K>> entries) {
        TreeSet<K> sorted = new TreeSet<>();
        for (Entry<K> entry : entries) {
            if (entry.range().low() != null) {
                sorted.add(entry.range().low());
            }
            if (entry.range().high() != null) {
                sorted.add(entry.range().high());
            }
        }
        bounds = List.copyOf(sorted);
        int places = 2 * bounds.size() + 1;
        leaves = Math.max(1, Integer.highestOneBit(places) << (Integer.bitCount(places) == 1 ? 0 : 1));
        Ints[] lists = new Ints[2 * leaves];
        for (Entry<K> entry : entries) {
            put(lists, first(entry.range()), last(entry.range()), entry.rule());
        }
        nodes = new int[lists.length][];
        Ints none = new Ints();
        Arrays.setAll(nodes, i -> (lists[i] == null ? none : lists[i]).toArray());
    }

    /** The place of a range's lowest key: bound i has place 2i + 1, the gap below it 2i. */
    private int first(Range<K> range) {
        return range.low() == null ? 0 : 2 * bound(range.low()) + (range.lowIncluded() ? 1 : 2);
    }

    private int last(Range<K> range) {
        return range.high() == null ? 2 * bounds.size() : 2 * bound(range.high()) + (range.highIncluded() ? 1 : 0);
    }

    private int bound(K key) {
        return java.util.Collections.binarySearch(bounds, key);
    }

    private void put(Ints[] lists, int first, int last, int rule) {
        int low = first + leaves;
        int high = last + leaves + 1;
        while (low < high) {
            if ((low & 1) == 1) {
                add(lists, low++, rule);
            }
            if ((high & 1) == 1) {
                add(lists, --high, rule);
            }
            low >>= 1;
            high >>= 1;
        }
    }

    private static void add(Ints[] lists, int node, int rule) {
        if (lists[node] == null) {
            lists[node] = new Ints();
        }
        lists[node].add(rule);
    }

    void find(K key, Judging judging) {
        int bound = bound(key);
        int place = bound >= 0 ? 2 * bound + 1 : 2 * (-bound - 1);
        for (int node = place + leaves; node > 0; node >>= 1) {
            judging.judge(nodes[node]);
        }
    }

    /** The most that the rules of one key weigh. */
    long worst(long[] weights) {
        long[] sums = new long[nodes.length];
        long worst = 0;
        for (int node = 1; node < nodes.length; node++) {
            sums[node] = sums[node >> 1] + Weights.of(nodes[node], weights);
            worst = Math.max(worst, sums[node]);
        }
        return worst;
    }
}
