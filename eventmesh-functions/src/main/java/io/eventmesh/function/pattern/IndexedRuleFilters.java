package io.eventmesh.function.pattern;

import io.eventmesh.function.subscription.Dialect;
import io.eventmesh.spi.function.RuleFilter;
import io.eventmesh.spi.function.RuleFilterProvider;
import io.eventmesh.spi.function.RuleIndex;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Event patterns and filters in the dialects of CloudEvents, beside each other and in one index. */
public final class IndexedRuleFilters implements RuleFilterProvider {
    @Override
    public String name() {
        return INDEXED;
    }

    @Override
    public RuleFilter compile(String pattern, String filters) {
        Pattern read = pattern.isEmpty() ? null : PatternReader.read(pattern);
        Dialect dialect = filters.isBlank() ? null : Dialect.read(filters);
        return new CompiledFilter(body(read, dialect));
    }

    static RuleBody body(@Nullable Pattern pattern, @Nullable Dialect dialect) {
        return new RuleBody(pattern, pattern == null ? List.of() : List.copyOf(pattern.conjuncts()), dialect);
    }

    @Override
    public <R> RuleIndex<R> index(Map<R, RuleFilter> rules) {
        Map<R, RuleBody> bodies = new LinkedHashMap<>(2 * rules.size());
        rules.forEach((rule, filter) -> {
            if (!(filter instanceof CompiledFilter compiled)) {
                throw new IllegalArgumentException(
                        "filter: a %s (expected: one that this provider compiled)".formatted(filter.getClass()));
            }
            bodies.put(rule, compiled.body());
        });
        return new AnchoredIndex<>(bodies);
    }
}
