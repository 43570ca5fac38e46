package io.eventmesh.spi.mesh;

/** To how many members of a subscription an event goes. */
public enum Mode {
    /** To one of them. */
    CLUSTERING,
    /** To each that is connected: every member is a passing group of its own, and nothing is kept for absent ones. */
    BROADCASTING
}
