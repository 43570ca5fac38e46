package io.eventmesh.runtime.admin;

import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.proto.v1.AdminDirective;
import io.eventmesh.proto.v1.AdminServiceGrpc;
import io.eventmesh.proto.v1.RuntimeReport;
import io.eventmesh.spi.security.Authenticator;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** One connection to one admin. The stream is written by one thread at a time; unary calls by any. */
final class AdminChannel implements AutoCloseable {
    private static final int MAX_MESSAGE = 64 << 20;
    private static final int CALL_SECONDS = 10;

    private final String address;
    private final ManagedChannel connection;
    private final Channel calls;
    private @Nullable StreamObserver<RuntimeReport> reports;
    private volatile @Nullable ClientCallStreamObserver<RuntimeReport> call;

    AdminChannel(String address, String clusterKey, String runtime) {
        this.address = address;
        // never asked again by the channel itself: a failed one is replaced, since its own back-off grows to minutes
        this.connection = NettyChannelBuilder.forTarget(address)
                .usePlaintext()
                .directExecutor()
                .maxInboundMessageSize(MAX_MESSAGE)
                .build();
        Metadata credentials = new Metadata();
        credentials.put(key(Authenticator.CLUSTER_KEY_HEADER), clusterKey);
        credentials.put(key(Authenticator.RUNTIME_HEADER), runtime);
        this.calls = ClientInterceptors.intercept(connection, MetadataUtils.newAttachHeadersInterceptor(credentials));
    }

    String address() {
        return address;
    }

    /**
     * Opens the stream.
     *
     * @param directed told each directive
     * @param ended told once how the stream ended; null when the admin ended it without an error
     */
    void open(Consumer<AdminDirective> directed, Consumer<@Nullable Throwable> ended) {
        reports = AdminServiceGrpc.newStub(calls).sync(new ClientResponseObserver<RuntimeReport, AdminDirective>() {
            @Override
            public void beforeStart(ClientCallStreamObserver<RuntimeReport> stream) {
                call = stream;
            }

            @Override
            public void onNext(AdminDirective directive) {
                directed.accept(directive);
            }

            @Override
            public void onError(Throwable failure) {
                ended.accept(failure);
            }

            @Override
            public void onCompleted() {
                ended.accept(null);
            }
        });
    }

    void report(RuntimeReport report) {
        if (reports != null) {
            reports.onNext(report);
        }
    }

    /** A unary call with a deadline; refusals arrive as the admin's own code. */
    <Q, A> CompletionStage<A> call(Unary<Q, A> method, Q question) {
        CompletableFuture<A> answer = new CompletableFuture<>();
        AdminServiceGrpc.AdminServiceStub stub =
                AdminServiceGrpc.newStub(calls).withDeadlineAfter(CALL_SECONDS, TimeUnit.SECONDS);
        method.call(stub, question, new StreamObserver<>() {
            @Override
            public void onNext(A value) {
                answer.complete(value);
            }

            @Override
            public void onError(Throwable failure) {
                EventMeshException meant = AdminErrors.of(failure);
                answer.completeExceptionally(meant);
            }

            @Override
            public void onCompleted() {
                // the answer came before
            }
        });
        return answer;
    }

    /** A unary method of the service. */
    interface Unary<Q, A> {
        void call(AdminServiceGrpc.AdminServiceStub stub, Q question, StreamObserver<A> answer);
    }

    @Override
    public void close() {
        ClientCallStreamObserver<RuntimeReport> open = call;
        if (open != null) {
            open.cancel("closed", null);
        }
        connection.shutdownNow();
    }

    private static Metadata.Key<String> key(String name) {
        return Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER);
    }
}
