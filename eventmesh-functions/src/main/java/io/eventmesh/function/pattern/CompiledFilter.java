package io.eventmesh.function.pattern;

import io.eventmesh.spi.function.EventView;
import io.eventmesh.spi.function.FilterClause;
import io.eventmesh.spi.function.RuleFilter;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A rule's filters, checked. What it needs to judge alone is made when it first does, since most live in an index. */
final class CompiledFilter implements RuleFilter {
    private final RuleBody body;
    private final boolean readsData;
    private final long weight;
    private volatile @Nullable Alone alone;

    private record Alone(Fields fields, BoundRule rule) {}

    CompiledFilter(RuleBody body) {
        this.body = body;
        this.readsData = body.readsData();
        this.weight = body.weight();
    }

    RuleBody body() {
        return body;
    }

    @Override
    public boolean test(EventView event) {
        Alone known = alone;
        if (known == null) {
            Fields fields = new Fields();
            known = new Alone(fields, new BoundRule(body, fields));
            alone = known;
        }
        Found found = known.fields().read(event);
        boolean met = known.rule().test(found, event);
        return found.isSpent() ? known.rule().test(known.fields().readAttributesAlone(event), event) : met;
    }

    @Override
    public boolean readsData() {
        return readsData;
    }

    @Override
    public long weight() {
        return weight;
    }

    @Override
    public List<FilterClause> explain(EventView event) {
        return new Explainer(event).explain(body);
    }
}
