package io.eventmesh.function.pattern;

import io.eventmesh.function.subscription.Dialect;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a rule asks, as it is written.
 *
 * @param pattern null for every event
 * @param conjuncts the pattern multiplied out; empty without a pattern
 * @param dialect null for every event
 */
record RuleBody(
        @Nullable Pattern pattern,
        List<Conjunct> conjuncts,
        @Nullable Dialect dialect) {
    long weight() {
        long weight = 1;
        for (Conjunct conjunct : conjuncts) {
            weight += conjunct.weight();
        }
        return weight + (dialect == null ? 0 : dialect.weight());
    }

    boolean readsData() {
        return conjuncts.stream().anyMatch(RuleBody::readsData);
    }

    private static boolean readsData(Conjunct conjunct) {
        return conjunct.absent().stream().anyMatch(Field::isData)
                || conjunct.tests().stream().anyMatch(RuleBody::readsData);
    }

    private static boolean readsData(Conjunct.Test test) {
        return test.field().isData()
                || test.matchers().stream()
                        .anyMatch(matcher -> matcher instanceof Matcher.SameAs same
                                && same.other().isData());
    }
}
