package io.eventmesh.spi.function;

import java.util.List;

/**
 * What a rule asks of an event, read and checked: an event pattern and filters in the dialects of CloudEvents, both of
 * which must say yes. Immutable, thread-safe; kept for as long as the rule does not change and put into any number of
 * {@linkplain RuleIndex indexes}.
 */
public interface RuleFilter extends Filter {
    /** Whether it looks at the payload, which is parsed only for those that do. */
    boolean readsData();

    /**
     * How many steps it takes at most to judge an event without an index, where no field holds an array: about so many
     * times 20 ns. A set whose weights together stay within {@link FilterCost#MAX_STEPS} needs no further estimate.
     */
    long weight();

    /**
     * Why it says yes or no: a line for each thing that it asks, in the order in which they are written. It says yes when
     * {@link #test} does, which the lines alone do not tell where alternatives are among them.
     */
    List<FilterClause> explain(EventView event);
}
