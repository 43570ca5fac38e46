package io.eventmesh.sdk.remote;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.proto.v1.ListStreamsRequest;
import io.eventmesh.proto.v1.ListSubscriptionsRequest;
import io.eventmesh.proto.v1.MeshAdminServiceGrpc;
import io.eventmesh.spi.mesh.MeshProtos;
import io.eventmesh.spi.mesh.StreamStatus;
import io.eventmesh.spi.mesh.SubscriptionStatus;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Calls of {@code MeshAdminService} at the runtime in use, without a second attempt. Stateless. */
final class OperatorCalls {
    private OperatorCalls() {}

    static CompletionStage<List<StreamStatus>> streams(Wiring wiring) {
        return unary(wiring, MeshAdminServiceGrpc.getListStreamsMethod(), ListStreamsRequest.getDefaultInstance())
                .thenApply(answer -> answer.getStreamsList().stream()
                        .map(MeshProtos::fromProto)
                        .toList());
    }

    static CompletionStage<List<SubscriptionStatus>> subscriptions(Wiring wiring) {
        return unary(
                        wiring,
                        MeshAdminServiceGrpc.getListSubscriptionsMethod(),
                        ListSubscriptionsRequest.getDefaultInstance())
                .thenApply(answer -> answer.getSubscriptionsList().stream()
                        .map(MeshProtos::fromProto)
                        .toList());
    }

    private static <Q, A> CompletableFuture<A> unary(Wiring wiring, MethodDescriptor<Q, A> method, Q request) {
        CompletableFuture<A> result = new CompletableFuture<>();
        Links.Link link = wiring.links().current();
        if (link == null) {
            result.completeExceptionally(
                    new EventMeshException(ErrorCode.META_UNAVAILABLE, "mesh runtimes: none known (expected: one)"));
            return result;
        }
        CallOptions options = CallOptions.DEFAULT.withDeadlineAfter(
                wiring.options().callTimeout().toNanos(), TimeUnit.NANOSECONDS);
        ClientCall<Q, A> call = link.channel().newCall(method, options);
        call.start(
                new ClientCall.Listener<>() {
                    private @Nullable A answer;

                    @Override
                    public void onMessage(A message) {
                        answer = message;
                    }

                    @Override
                    public void onClose(Status status, Metadata trailers) {
                        A received = answer;
                        if (status.isOk() && received != null) {
                            result.complete(received);
                        } else {
                            result.completeExceptionally(Refusals.of(status, trailers));
                        }
                    }
                },
                wiring.headers().get());
        call.request(2);
        call.sendMessage(request);
        call.halfClose();
        return result;
    }
}
