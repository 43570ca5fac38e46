package io.eventmesh.spi.function;

import java.util.List;

/**
 * The filters of many rules, judged in one pass. Immutable, thread-safe, never blocks.
 *
 * @param <R> what stands for a rule
 */
public interface RuleIndex<R> {
    /** The rules whose filters say yes, in the order in which they were given. */
    List<R> matches(EventView event);

    /** What an event costs at worst. */
    FilterCost cost();
}
