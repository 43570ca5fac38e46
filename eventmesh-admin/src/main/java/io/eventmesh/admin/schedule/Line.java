package io.eventmesh.admin.schedule;

import io.eventmesh.common.error.EventMeshException;

/** The way back to a runtime that reports. Called by one thread at a time; must not block. */
public interface Line {
    /**
     * Tells the runtime.
     *
     * @param definitionsVersion the number of the newest definitions
     * @param leaseToken what mesh runtimes know its lease by; empty while there is none
     * @return whether it was sent; a runtime that does not read is told again later
     */
    boolean send(Directive directive, long definitionsVersion, byte[] leaseToken);

    /** Ends the line; nothing is sent afterwards. */
    void end(EventMeshException cause);
}
