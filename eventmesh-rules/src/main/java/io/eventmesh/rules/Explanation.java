package io.eventmesh.rules;

import io.eventmesh.rules.chain.Chain;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.function.FilterClause;
import java.util.List;
import java.util.Optional;

/**
 * Why a rule takes an event or does not, and what it makes of it.
 *
 * @param revision 0 for a rule that is not stored
 * @param outcome what became of the event
 * @param clauses everything that the rule asks, in the order in which it is written; pointers begin at the rule's
 *     {@code spec}: {@code /enabled}, {@code /patterns}, {@code /filter/data/total}, {@code /filters/1/prefix/type};
 *     {@code /hops} is the bound on circles
 * @param steps what each transform made of it, up to the first failure that ends it; empty when it was not taken
 * @param result what goes to the targets; only when TAKEN
 * @param reason in a sentence: why it was not taken, or what failed; empty when TAKEN
 * @param targets names of the targets that get the result
 */
public record Explanation(
        BusName bus,
        String rule,
        long revision,
        Outcome outcome,
        List<FilterClause> clauses,
        List<Chain.Trace> steps,
        Optional<Event> result,
        String reason,
        List<String> targets) {

    /** What became of the event. */
    public enum Outcome {
        /** Its result goes to every target. */
        TAKEN,
        /** The rule is not about it. */
        NOT_TAKEN,
        /** A transform could not change it, and the rule says that it is dropped then. */
        DROPPED,
        /** It goes to the dead letters of the rule's targets. */
        FAILED,
        /** It is tried again: there was no room or no processor time for it. */
        AGAIN
    }

    /** The clauses that the event does not meet. */
    public List<FilterClause> unmet() {
        return clauses.stream().filter(clause -> !clause.matched()).toList();
    }
}
