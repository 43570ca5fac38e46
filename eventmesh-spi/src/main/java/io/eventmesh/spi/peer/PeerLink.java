package io.eventmesh.spi.peer;

/** The way to one other runtime. Connects with the first call, and anew after it was lost. */
public interface PeerLink extends MeshPeer, AutoCloseable {
    /** Ends all that goes on over it; any number of times. */
    @Override
    void close();
}
