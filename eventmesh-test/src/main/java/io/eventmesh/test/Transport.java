package io.eventmesh.test;

/** How clients reach the mesh of a test. */
public enum Transport {
    /** By calls: the fastest. There is no address for clients of the application's own. */
    IN_PROCESS,
    /** By gRPC over a free port of this machine, as in production. */
    GRPC
}
