package io.eventmesh.runtime.delivery;

import java.util.PriorityQueue;

/** Events that share a bounded part of the window, such as those of one target. Part of one {@link GroupState}. */
final class Flow {
    final String name;
    /** Events of the flow that the parking holds. */
    int parked;
    /** Whether these are more than there should be, until there are none. */
    boolean crowded;
    /** Events of the flow in memory that were never parked. */
    int held;
    /**
     * Events of the flow that came back from the parking. Counted apart: what is held may be waiting behind what is
     * parked, and must not keep it there.
     */
    int loaded;
    /** Parked events that could be offered if there were room, oldest first. */
    final PriorityQueue<Entry> backlog = new PriorityQueue<>(Entry::byPosition);

    Flow(String name) {
        this.name = name;
    }
}
