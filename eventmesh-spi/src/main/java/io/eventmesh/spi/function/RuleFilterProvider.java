package io.eventmesh.spi.function;

import io.eventmesh.spi.plugin.Plugin;
import java.util.Map;

/** Reads what rules ask of events, and judges all rules of a bus in one pass. The plugin's name is {@code indexed}. */
public interface RuleFilterProvider extends Plugin {
    /** The name of the one that the distribution brings. */
    String INDEXED = "indexed";

    /**
     * Reads and checks.
     *
     * @param pattern event pattern, a JSON object; empty: every event
     * @param filters CloudEvents filters, a JSON array joined by AND; empty: every event
     * @throws FilterRefusal RULE_INVALID with path and reason
     */
    RuleFilter compile(String pattern, String filters);

    /**
     * Makes an index of filters that this provider compiled, in a time that grows with their sizes. It never refuses:
     * ask its {@linkplain RuleIndex#cost cost}, where a refusal has somebody to read it.
     *
     * @param rules in the order in which {@link RuleIndex#matches} names them
     */
    <R> RuleIndex<R> index(Map<R, RuleFilter> rules);
}
