package io.eventmesh.admin.definition;

import org.jdbi.v3.core.Handle;

/** What else belongs into the transaction of a write. What it throws undoes the write. */
public interface WriteHook {
    /** Nothing else. */
    WriteHook NONE = (handle, change) -> {};

    /** Called once the change is made, also when there was nothing to change. */
    void stored(Handle handle, Change change);

    /** Whether it only takes the plan: what a write needs of others may still be missing then. */
    default boolean isPlan() {
        return false;
    }
}
