package io.eventmesh.runtime;

import io.eventmesh.common.config.Secret;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.Names;
import io.eventmesh.spi.security.Authenticator;
import io.eventmesh.spi.security.Principal;

/**
 * Knows the runtimes of the cluster by its key; everybody else is anonymous, since there are no users yet. Thread-safe.
 */
final class ClusterAuthenticator implements Authenticator {
    private final Secret clusterKey;

    ClusterAuthenticator(Secret clusterKey) {
        this.clusterKey = clusterKey;
    }

    @Override
    public Principal authenticate(Credentials credentials) {
        String presented = credentials.clusterKey();
        if (presented == null) {
            return Principal.ANONYMOUS;
        }
        if (!clusterKey.equals(Secret.of(presented))) {
            throw new EventMeshException(
                    ErrorCode.UNAUTHENTICATED, CLUSTER_KEY_HEADER + ": *** (expected: the key of this cluster)");
        }
        String runtime = credentials.runtime();
        if (runtime == null || runtime.isBlank()) {
            throw new EventMeshException(
                    ErrorCode.UNAUTHENTICATED, RUNTIME_HEADER + ": missing (expected: the id of a runtime)");
        }
        return Principal.runtime(Names.shown(runtime));
    }
}
