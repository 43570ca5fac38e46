package io.eventmesh.sdk;

/** Who says that an event is done. */
public enum Ack {
    /** The handler's return: a return acks, an exception releases. */
    AUTO,
    /** The handler's calls on its {@link Delivery}, also after it returned; an exception releases. */
    EXPLICIT,
    /** Nobody: an event is done before it is handled, so that it is handled at most once. */
    NONE
}
