package io.eventmesh.sdk.remote;

/**
 * How a client stands with the mesh. CONNECTING until a runtime answers, then READY; FAILOVER from the loss of that
 * runtime until another one answers, then READY again; CLOSED at the end.
 */
public enum ConnectionState {
    /** No runtime has answered yet. */
    CONNECTING,
    /** A runtime answers. */
    READY,
    /** The runtime in use was lost; another one is being tried. */
    FAILOVER,
    /** The client was closed. */
    CLOSED
}
