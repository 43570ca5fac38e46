package io.eventmesh.function.pattern;

import io.eventmesh.function.subscription.Dialect;
import io.eventmesh.spi.function.EventView;
import org.jspecify.annotations.Nullable;

/** A rule whose fields have numbers. Immutable. */
final class BoundRule {
    private final Alternative @Nullable [] alternatives;
    private final @Nullable Dialect dialect;

    BoundRule(RuleBody body, Fields fields) {
        alternatives = body.pattern() == null ? null : Alternative.of(body.conjuncts(), fields);
        dialect = body.dialect();
    }

    boolean test(Found found, EventView event) {
        return (dialect == null || dialect.test(event))
                && (alternatives == null || Alternative.any(alternatives, found));
    }
}
