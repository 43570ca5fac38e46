package io.eventmesh.runtime.delivery;

import io.eventmesh.spi.storage.EventRecord;
import org.jspecify.annotations.Nullable;

/** By what a group's events are kept in order, and by what they are kept from hurting one another. */
public interface LaneRule {
    /** Events of one lane are offered one after another; null for no order. */
    @Nullable
    String lane(EventRecord record);

    /** Whether a lane of this name is one; other names only tell the flow. */
    default boolean isOrdered(String lane) {
        return true;
    }

    /**
     * Events of one flow hold a bounded part of a partition's window, and what is beyond it is parked; null for no
     * bound. Found from the lane alone, so that it is known for parked events too.
     */
    default @Nullable String flow(@Nullable String lane) {
        return null;
    }

    /** Order by the event's key. */
    LaneRule BY_KEY = EventRecord::key;

    /** No order. */
    LaneRule NONE = record -> null;
}
