package io.eventmesh.function.pattern;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Short pieces of texts, of up to four characters, and the rules whose wildcards need one of them. A text is looked through
 * once for each length that occurs. Filled by one thread, then read by any.
 */
final class Grams {
    private static final int LONGEST = 4;

    private final @Nullable Table[] byLength = new @Nullable Table[LONGEST + 1];

    /** How often the pieces of wildcards occur, so that the rarest of each can be chosen. */
    static final class Counts {
        private final Map<Gram, Integer> counts = new HashMap<>();

        void add(Wildcard wildcard) {
            forEach(wildcard, gram -> counts.merge(gram, 1, Integer::sum));
        }

        /** The one of its pieces that the fewest have; null for a wildcard without any. */
        @Nullable
        Gram rarest(Wildcard wildcard) {
            Gram[] rarest = new Gram[1];
            forEach(wildcard, gram -> {
                if (rarest[0] == null || count(gram) < count(rarest[0])) {
                    rarest[0] = gram;
                }
            });
            return rarest[0];
        }

        int count(Gram gram) {
            return counts.getOrDefault(gram, 0);
        }
    }

    /** @param chars up to four characters of 16 bits, the last one lowest */
    record Gram(int length, long chars) {}

    private static void forEach(Wildcard wildcard, java.util.function.Consumer<Gram> consumer) {
        List<String> pieces = wildcard.pieces();
        int longest = 0;
        for (String piece : pieces) {
            longest = Math.max(longest, piece.length());
        }
        int length = Math.min(longest, LONGEST);
        for (String piece : pieces) {
            for (int i = 0; length > 0 && i + length <= piece.length(); i++) {
                consumer.accept(new Gram(length, chars(piece, i, length)));
            }
        }
    }

    private static long chars(String text, int from, int length) {
        long chars = 0;
        for (int i = from; i < from + length; i++) {
            chars = (chars << 16) | text.charAt(i);
        }
        return chars;
    }

    void putAll(Map<Gram, Ints> rules) {
        Map<Integer, Integer> sizes = new HashMap<>();
        rules.keySet().forEach(gram -> sizes.merge(gram.length(), 1, Integer::sum));
        sizes.forEach((length, size) -> byLength[length] = new Table(size));
        rules.forEach((gram, some) -> {
            Table table = byLength[gram.length()];
            if (table != null) {
                table.put(gram.chars(), some.toArray());
            }
        });
    }

    void find(String text, Judging judging) {
        for (int length = 1; length <= LONGEST; length++) {
            Table table = byLength[length];
            if (table != null && text.length() >= length) {
                long mask = length == LONGEST ? -1L : (1L << (16 * length)) - 1;
                long chars = chars(text, 0, length - 1);
                for (int i = length - 1; i < text.length(); i++) {
                    chars = ((chars << 16) | text.charAt(i)) & mask;
                    int[] rules = table.get(chars);
                    if (rules != null) {
                        judging.judge(rules);
                    }
                }
            }
        }
    }

    /** What all of them weigh: there is a text that has every piece. */
    long worst(long[] weights) {
        long sum = 0;
        for (Table table : byLength) {
            if (table != null) {
                for (int[] rules : table.values) {
                    sum += rules == null ? 0 : Weights.of(rules, weights);
                }
            }
        }
        return sum;
    }

    /** An open hash table that makes no objects when it is asked. */
    private static final class Table {
        private final long[] keys;
        private final int[] @Nullable [] values;

        Table(int size) {
            keys = new long[Integer.highestOneBit(size) * 4];
            values = new int[keys.length][];
        }

        void put(long key, int[] value) {
            int at = slot(key);
            while (values[at] != null) {
                at = (at + 1) & (keys.length - 1);
            }
            keys[at] = key;
            values[at] = value;
        }

        int @Nullable [] get(long key) {
            int at = slot(key);
            int[] value = values[at];
            while (value != null && keys[at] != key) {
                at = (at + 1) & (keys.length - 1);
                value = values[at];
            }
            return value;
        }

        private int slot(long key) {
            long mixed = key * 0x9E3779B97F4A7C15L;
            return (int) (mixed >>> 32) & (keys.length - 1);
        }
    }
}
