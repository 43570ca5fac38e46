package io.eventmesh.spi.mesh;

/**
 * Where a mesh runtime is reached.
 *
 * @param runtime its id
 * @param grpc {@code host:port}
 * @param http {@code http://host:port}
 */
public record MeshEndpoint(String runtime, String grpc, String http) {}
