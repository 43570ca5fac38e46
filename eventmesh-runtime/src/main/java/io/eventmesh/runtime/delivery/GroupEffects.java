package io.eventmesh.runtime.delivery;

import io.eventmesh.spi.storage.Progress;

/**
 * What a {@link GroupState} asks of the world. Every call returns at once; answers come back by the state's methods, in
 * any order, never from inside the call.
 */
interface GroupEffects {
    /** Adds to the demand of a partition. */
    void request(PartitionWindow window, long bytes);

    /** Stores progress; answered by {@link GroupState#committed}. */
    void commit(PartitionWindow window, Progress progress);

    /** Parks the entry, or changes its ticket if it is parked; answered by {@link GroupState#parked}. */
    void park(Entry entry);

    /** Takes the entry out of the parking, however long that takes. */
    void unpark(Entry entry);

    /** Reads the content of a parked entry; answered by {@link GroupState#loaded}. */
    void load(Entry entry);

    /** Appends the entry's event to its dead letter; answered by {@link GroupState#buried}. */
    void bury(Entry entry);

    /** Counts what happened. */
    void count(Happening what);

    /** What happens to events, for metrics. */
    enum Happening {
        DELIVERED,
        REDELIVERED,
        ACKED,
        RELEASED,
        REJECTED,
        TIMED_OUT,
        LOST,
        DEAD_LETTERED,
        /** Held back by the filter, and done by that. */
        FILTERED,
        /** Its expirytime had passed when it was to be offered. */
        EXPIRED
    }
}
