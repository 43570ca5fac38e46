package io.eventmesh.spi.function;

import io.eventmesh.spi.event.Event;

/**
 * Makes one event out of one. Thread-safe; may take as long as its own bounds allow, so it is called where blocking is
 * allowed when {@link #isQuick} says no.
 */
public interface Transformer {
    /**
     * The result: the input's attributes unless the transform says otherwise, with new data. The caller gives it a new
     * id.
     *
     * @throws io.eventmesh.common.error.EventMeshException RULE_INVALID when this event cannot be transformed
     *     (permanent), DEADLINE_EXCEEDED when a bound of time was reached
     */
    Event apply(EventView event);

    /** Whether it takes microseconds and never waits. */
    boolean isQuick();
}
