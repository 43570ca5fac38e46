package io.eventmesh.function.pattern;

import java.util.Arrays;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;

/** One event and the rules of an index: which were looked at, and which say yes. For one thread. */
abstract class Judging {
    /** Longer lists are not gone through again for each value that finds them. */
    private static final int MANY = 16;

    private final long[] seen;
    private final Set<int[]> lists = Collections.newSetFromMap(new IdentityHashMap<>(4));
    private int[] taken = new int[16];
    private int count;

    Judging(int rules) {
        seen = new long[(rules + 63) >>> 6];
    }

    /** Whether the rule says yes; asked once for each. */
    abstract boolean test(int rule);

    /** @param rules not changed, and recognised when they come again */
    final void judge(int[] rules) {
        if (rules.length > MANY && !lists.add(rules)) {
            return;
        }
        for (int rule : rules) {
            long bit = 1L << rule;
            if ((seen[rule >>> 6] & bit) == 0) {
                seen[rule >>> 6] |= bit;
                if (test(rule)) {
                    take(rule);
                }
            }
        }
    }

    private void take(int rule) {
        if (count == taken.length) {
            taken = Arrays.copyOf(taken, 2 * count);
        }
        taken[count++] = rule;
    }

    /** Those that said yes, in order. */
    final int[] taken() {
        int[] exact = Arrays.copyOf(taken, count);
        Arrays.sort(exact);
        return exact;
    }
}
