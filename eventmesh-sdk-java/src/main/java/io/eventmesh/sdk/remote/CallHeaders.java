package io.eventmesh.sdk.remote;

import io.eventmesh.common.config.Secret;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.spi.security.Authenticator;
import io.grpc.Metadata;
import java.util.function.Supplier;

/** What proves who calls. Thread-safe. */
final class CallHeaders {
    private static final Metadata.Key<String> CLUSTER_KEY = key(Authenticator.CLUSTER_KEY_HEADER);
    private static final Metadata.Key<String> RUNTIME = key(Authenticator.RUNTIME_HEADER);
    private static final Metadata.Key<String> AUTHORIZATION = key("authorization");

    private final RemoteOptions options;

    CallHeaders(RemoteOptions options) {
        this.options = options;
    }

    /**
     * The metadata of a new call.
     *
     * @throws EventMeshException UNAUTHENTICATED when there is no token where there should be one
     */
    Metadata next() {
        Metadata headers = new Metadata();
        Secret clusterKey = options.clusterKey();
        String runtime = options.runtime();
        if (clusterKey != null && runtime != null) {
            headers.put(CLUSTER_KEY, clusterKey.reveal());
            headers.put(RUNTIME, runtime);
        }
        Supplier<Secret> token = options.token();
        if (token != null) {
            headers.put(AUTHORIZATION, "Bearer " + reveal(token));
        }
        return headers;
    }

    private static String reveal(Supplier<Secret> token) {
        try {
            return token.get().reveal();
        } catch (RuntimeException failure) {
            throw new EventMeshException(
                    ErrorCode.UNAUTHENTICATED, "token: its supplier failed (expected: a token)", failure);
        }
    }

    private static Metadata.Key<String> key(String name) {
        return Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER);
    }
}
