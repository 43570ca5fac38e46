package io.eventmesh.spi.security;

import org.jspecify.annotations.Nullable;

/**
 * Finds out who a caller is from what its protocol carried.
 *
 * <p>Thread-safe, never blocks. Refuses with UNAUTHENTICATED.
 */
public interface Authenticator {
    /** The name of the header (HTTP) or metadata entry (gRPC) in which a runtime presents the cluster key. */
    String CLUSTER_KEY_HEADER = "eventmesh-cluster-key";

    /** The name of the header or metadata entry in which a runtime that presents the cluster key says its id. */
    String RUNTIME_HEADER = "eventmesh-runtime";

    /**
     * Who is it?
     *
     * @param credentials what the door read from the wire
     * @throws io.eventmesh.common.error.EventMeshException UNAUTHENTICATED when what was presented is wrong
     */
    Principal authenticate(Credentials credentials);

    /**
     * What a caller presented; a door fills in what its protocol carries.
     *
     * @param clusterKey the value of {@value #CLUSTER_KEY_HEADER}
     * @param runtime the value of {@value #RUNTIME_HEADER}
     * @param authorization the value of the {@code Authorization} header
     */
    record Credentials(
            @Nullable String clusterKey,
            @Nullable String runtime,
            @Nullable String authorization) {
        public static final Credentials NONE = new Credentials(null, null, null);
    }
}
