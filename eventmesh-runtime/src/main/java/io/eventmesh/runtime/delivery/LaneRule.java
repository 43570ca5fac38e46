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

    /** The bounds of a group in these lanes, found from those of its runtime. */
    default DeliverySettings settings(DeliverySettings ofRuntime) {
        return ofRuntime;
    }

    /**
     * Whether its one member is an {@link OwnMember} that settles whatever it is offered, and decides itself when an event
     * is offered again and when no more: attempts are not counted and nothing times out here.
     */
    default boolean isSettledByMember() {
        return false;
    }

    /** Nothing more is read while so many events of the group are parked. */
    default int maxParked() {
        return Integer.MAX_VALUE;
    }

    /** A partition comes to the group on this runtime; called before anything of it is read. */
    default void assigned() {}

    /**
     * More than a few bounds of a flow's events of one partition are parked, or none of them any more.
     *
     * @param by how many more partitions it is so for
     */
    default void crowded(String flow, int by) {}

    /** Order by the event's key. */
    LaneRule BY_KEY = EventRecord::key;

    /** No order. */
    LaneRule NONE = record -> null;
}
