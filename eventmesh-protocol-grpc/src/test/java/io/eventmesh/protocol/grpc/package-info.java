/** Tests of the gRPC door over real sockets. */
@NullMarked
package io.eventmesh.protocol.grpc;

import org.jspecify.annotations.NullMarked;
