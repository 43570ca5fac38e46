package io.eventmesh.admin.sync;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.spi.security.Authenticator;
import io.eventmesh.spi.security.Principal;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.StatusRuntimeException;
import java.util.Objects;
import java.util.Optional;

/** Lets the cluster's runtimes in, proven by the cluster key, and nobody else. */
final class RuntimesOnly implements ServerInterceptor {
    static final Metadata.Key<String> CLUSTER_KEY =
            Metadata.Key.of(Authenticator.CLUSTER_KEY_HEADER, Metadata.ASCII_STRING_MARSHALLER);
    static final Metadata.Key<String> RUNTIME =
            Metadata.Key.of(Authenticator.RUNTIME_HEADER, Metadata.ASCII_STRING_MARSHALLER);

    private final Authenticator authenticator;

    RuntimesOnly(Authenticator authenticator) {
        this.authenticator = authenticator;
    }

    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
        try {
            Principal principal = authenticator.authenticate(
                    new Authenticator.Credentials(headers.get(CLUSTER_KEY), headers.get(RUNTIME), null));
            if (!principal.isRuntime()) {
                throw new EventMeshException(
                        ErrorCode.UNAUTHENTICATED,
                        "caller: %s (expected: a runtime with the cluster key in %s)"
                                .formatted(principal.name(), Authenticator.CLUSTER_KEY_HEADER));
            }
        } catch (EventMeshException refused) {
            StatusRuntimeException status = Statuses.of(refused, Optional.empty());
            call.close(status.getStatus(), Objects.requireNonNullElseGet(status.getTrailers(), Metadata::new));
            return new ServerCall.Listener<>() {};
        }
        return next.startCall(call, headers);
    }
}
