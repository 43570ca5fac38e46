package io.eventmesh.function.pattern;

import java.util.ArrayList;
import java.util.List;

/**
 * Things asked of fields, all of which must be so.
 *
 * @param tests fields that must have a value, and which
 * @param absent fields that must have none
 */
record Conjunct(List<Test> tests, List<Field> absent) {
    /** Asks nothing. */
    static final Conjunct EMPTY = new Conjunct(List.of(), List.of());

    /** One of the matchers must say yes to a value of the field. */
    record Test(Field field, List<Matcher> matchers) {
        private static final int CHARACTERS_A_STEP = 50;

        long weight() {
            long weight = 1;
            for (Matcher matcher : matchers) {
                weight += weight(matcher);
            }
            return weight;
        }

        /** A text is compared as far as it goes, some {@value #CHARACTERS_A_STEP} characters in a step. */
        private static long weight(Matcher matcher) {
            if (matcher instanceof Matcher.AnythingBut but) {
                long weight = 1;
                for (Matcher excluded : but.excluded()) {
                    weight += weight(excluded);
                }
                return weight;
            }
            if (matcher instanceof Matcher.Like like) {
                Wildcard wildcard = like.wildcard();
                return (long) wildcard.pieces().size() + wildcard.shortest() / CHARACTERS_A_STEP;
            }
            if (matcher instanceof Matcher.Prefix prefix) {
                return 1L + prefix.text().length() / CHARACTERS_A_STEP;
            }
            return matcher instanceof Matcher.Suffix suffix ? 1L + suffix.text().length() / CHARACTERS_A_STEP : 1;
        }
    }

    Conjunct and(Conjunct other) {
        return new Conjunct(joined(tests, other.tests), joined(absent, other.absent));
    }

    private static <T> List<T> joined(List<T> first, List<T> second) {
        List<T> all = new ArrayList<>(first.size() + second.size());
        all.addAll(first);
        all.addAll(second);
        return List.copyOf(all);
    }

    long weight() {
        long weight = 1L + absent.size();
        for (Test test : tests) {
            weight += test.weight();
        }
        return weight;
    }
}
