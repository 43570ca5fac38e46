package io.eventmesh.spi.peer;

import io.eventmesh.spi.mesh.Receiver;

/** A member's side that gives its credit to several runtimes, and moves it to where there is something to deliver. */
public interface RelayReceiver extends Receiver {
    /** There are events to offer that the member has no credit for. Told once, and again only after it got some. */
    void wanting();

    /**
     * What a recall took back.
     *
     * @param events not used up
     * @param bytes not used up; below zero when the last delivery overdrew them
     */
    void returned(long events, long bytes);
}
