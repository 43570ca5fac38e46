package io.eventmesh.spi.peer;

import io.eventmesh.spi.mesh.MeshEndpoint;

/** Ways to other runtimes. Thread-safe; makes no connection before it is needed. */
public interface PeerLinks extends AutoCloseable {
    /** A way to the runtime at the endpoint, which must have a gRPC address. */
    PeerLink to(MeshEndpoint endpoint);

    /** Ends all ways; any number of times. */
    @Override
    void close();
}
