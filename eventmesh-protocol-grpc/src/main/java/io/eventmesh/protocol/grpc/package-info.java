/** The gRPC door: our own MeshService and the services that clients of EventMesh speak. */
@NullMarked
package io.eventmesh.protocol.grpc;

import org.jspecify.annotations.NullMarked;
