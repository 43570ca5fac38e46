package io.eventmesh.spi.storage;

/** What not every storage can do; a call that needs a missing one fails with NOT_SUPPORTED. */
public enum Capability {
    /** Several runtimes may serve the same streams; without it the storage belongs to one runtime. */
    SHARED,
    /** Streams, groups and progress are there again after the process ended. */
    PERSISTENT,
    /**
     * The storage itself keeps within bytes: it frees what every group has finished, and refuses with STORAGE_FULL what
     * does not fit. Without it only retention frees records, and a group may miss some, told by a {@link Gap}.
     */
    BOUNDED,
    /** A group that stalls is cut off to make room, and its progress jumps; without it the group keeps its place. */
    CUT_OFF
}
