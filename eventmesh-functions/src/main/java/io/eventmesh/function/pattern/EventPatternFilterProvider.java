package io.eventmesh.function.pattern;

import io.eventmesh.spi.function.Filter;
import io.eventmesh.spi.function.FilterProvider;

/**
 * Event patterns in the grammar of Amazon EventBridge: {@code {"data":{"total":[{"numeric":[">",100]}]}}} looks at an
 * event's attributes at the top level and at its JSON payload under {@code data}. Fields are joined by AND, the entries of
 * an array by OR; {@code $or} joins objects. Two operators are ours: {@code {"$all":[…]}}, all of whose entries must be met
 * by the field, and {@code {"$field":"data.other"}}, the value of another field.
 *
 * <p>An array stands for its elements, of which one must meet what is asked; two fields must be met in the same element of
 * an array that both are in. Numbers compare by value, exactly.
 */
public final class EventPatternFilterProvider implements FilterProvider {
    @Override
    public String name() {
        return "event-pattern";
    }

    @Override
    public Filter compile(String spec) {
        // An empty text is no pattern here, where it does not mean that nothing is asked.
        return new CompiledFilter(IndexedRuleFilters.body(PatternReader.read(spec), null));
    }
}
