package io.eventmesh.sdk.remote;

import io.eventmesh.common.config.Secret;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.spi.security.Authenticator;
import io.grpc.Metadata;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

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
        String authorization = authorization();
        if (authorization != null) {
            headers.put(AUTHORIZATION, authorization);
        }
        return headers;
    }

    /**
     * The value of HTTP's {@code Authorization}; null for nobody in particular.
     *
     * @throws EventMeshException UNAUTHENTICATED when there is no token where there should be one
     */
    @Nullable
    String authorization() {
        Supplier<Secret> token = options.token();
        return token == null ? null : "Bearer " + reveal(token);
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
