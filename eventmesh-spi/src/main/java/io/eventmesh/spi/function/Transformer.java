package io.eventmesh.spi.function;

import io.eventmesh.spi.event.Event;
import java.util.Optional;

/**
 * Makes one event out of one. Thread-safe; may take as long as its own bounds and its {@link TransformTerms} allow, so
 * it is called where blocking is allowed when {@link #isQuick} says no.
 */
public interface Transformer {
    /**
     * The result: the input's attributes unless the transform says otherwise, with new data. It has the input's id; a
     * caller for whom it is another event gives it another.
     *
     * @throws io.eventmesh.common.error.EventMeshException RULE_INVALID or DEADLINE_EXCEEDED when this event cannot be
     *     transformed within the bounds, now or later; a retryable code when there was no room or no processor time for
     *     it
     */
    Event apply(EventView event);

    /** Whether it takes microseconds and never waits. */
    boolean isQuick();

    /** Why it refuses every event from now on, such as evaluations that did not stop; empty while it works. */
    default Optional<String> disabled() {
        return Optional.empty();
    }
}
