/** The mesh as seen from another process: {@code MeshService} over gRPC with discovery and fail-over. */
@NullMarked
package io.eventmesh.sdk.remote;

import org.jspecify.annotations.NullMarked;
