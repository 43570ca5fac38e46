package io.eventmesh.sdk.remote;

/**
 * How a client stands with the mesh. CONNECTING until a runtime answers, then READY; DEGRADED while the runtime in use
 * answers that it is in trouble; FAILOVER from the loss of the runtime until another one answers, then READY again;
 * CLOSED at the end.
 */
public enum ConnectionState {
    /** No runtime has answered yet. */
    CONNECTING,
    /** A runtime answers. */
    READY,
    /**
     * A runtime answers, and has refused something within the last second because it is overloaded, its storage is full
     * or away, or it is defective.
     */
    DEGRADED,
    /** The runtime in use was lost; another one is being tried. */
    FAILOVER,
    /** The client was closed. */
    CLOSED
}
