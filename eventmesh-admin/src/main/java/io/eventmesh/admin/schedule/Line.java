package io.eventmesh.admin.schedule;

import io.eventmesh.common.error.EventMeshException;

/** The way back to a runtime that reports. Called by one thread at a time; must not block. */
public interface Line {
    /**
     * Tells the runtime.
     *
     * @param definitionsVersion the number of the newest definitions
     */
    void send(Directive directive, long definitionsVersion);

    /** Ends the line; nothing is sent afterwards. */
    void end(EventMeshException cause);
}
