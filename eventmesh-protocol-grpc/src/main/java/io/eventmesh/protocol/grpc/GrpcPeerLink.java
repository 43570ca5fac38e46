package io.eventmesh.protocol.grpc;

import io.eventmesh.common.time.MeshClock;
import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.proto.v1.AwayRequest;
import io.eventmesh.proto.v1.HandReplyRequest;
import io.eventmesh.proto.v1.LetGoRequest;
import io.eventmesh.proto.v1.MeshPeerServiceGrpc;
import io.eventmesh.proto.v1.ServingRequest;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.mesh.MeshAdminProtos;
import io.eventmesh.spi.peer.PeerLink;
import io.eventmesh.spi.peer.Relay;
import io.eventmesh.spi.peer.RelayReceiver;
import io.eventmesh.spi.peer.RelayTerms;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import io.netty.channel.EventLoop;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** The way to one other runtime, by {@code eventmesh.v1.MeshPeerService}. Thread-safe. */
final class GrpcPeerLink implements PeerLink {
    private static final int CALL_SECONDS = 5;

    private final ManagedChannel connection;
    private final Channel channel;
    private final EventLoop loop;
    private final MeshClock clock;
    private final Consumer<PeerLink> onClosed;

    /**
     * A way that connects with its first call.
     *
     * @param loop on which everything of the connection happens
     * @param onClosed told by {@link #close}
     */
    GrpcPeerLink(
            ManagedChannel connection,
            Metadata credentials,
            EventLoop loop,
            MeshClock clock,
            Consumer<PeerLink> onClosed) {
        this.onClosed = onClosed;
        this.connection = connection;
        this.channel = ClientInterceptors.intercept(connection, MetadataUtils.newAttachHeadersInterceptor(credentials));
        this.loop = loop;
        this.clock = clock;
    }

    @Override
    public CompletionStage<Set<SubscriptionName>> serving(String runtime, Set<SubscriptionName> groups) {
        // asked again and again, and not less often the longer nobody answered
        connection.resetConnectBackoff();
        ServingRequest request = ServingRequest.newBuilder()
                .setRuntime(runtime)
                .addAllGroups(MeshPeerServices.messages(groups))
                .build();
        return call(MeshPeerServiceGrpc.getServingMethod(), request)
                .thenApply(answer -> MeshPeerServices.names(answer.getGroupsList()));
    }

    @Override
    public CompletionStage<Relay> relay(RelayTerms terms, RelayReceiver receiver) {
        RelayCall relay = new RelayCall(
                channel.newCall(MeshPeerServiceGrpc.getRelayMethod(), CallOptions.DEFAULT),
                terms,
                receiver,
                loop,
                clock::nanoTime);
        return relay.open();
    }

    @Override
    public CompletionStage<Void> reply(String correlation, Event reply) {
        HandReplyRequest request = HandReplyRequest.newBuilder()
                .setCorrelation(correlation)
                .setEvent(reply.toByteString())
                .build();
        return call(MeshPeerServiceGrpc.getHandReplyMethod(), request).thenApply(taken -> null);
    }

    @Override
    public CompletionStage<Map<SubscriptionName, Duration>> away(Set<SubscriptionName> groups) {
        AwayRequest request = AwayRequest.newBuilder()
                .addAllGroups(MeshPeerServices.messages(groups))
                .build();
        return call(MeshPeerServiceGrpc.getAwayMethod(), request).thenApply(answer -> {
            Map<SubscriptionName, Duration> away = new HashMap<>();
            answer.getGroupsList()
                    .forEach(one -> away.put(
                            MeshAdminProtos.fromProto(one.getGroup()),
                            Duration.ofMillis(Math.max(0, one.getMillis()))));
            return away;
        });
    }

    @Override
    public CompletionStage<Void> letGo(SubscriptionName group) {
        return letGo(group, false);
    }

    @Override
    public CompletionStage<Void> goOn(SubscriptionName group) {
        return letGo(group, true);
    }

    private CompletionStage<Void> letGo(SubscriptionName group, boolean goesOn) {
        LetGoRequest request = LetGoRequest.newBuilder()
                .setGroup(MeshAdminProtos.toProto(group))
                .setGoOn(goesOn)
                .build();
        return call(MeshPeerServiceGrpc.getLetGoMethod(), request).thenApply(done -> null);
    }

    private <Q, A> CompletionStage<A> call(MethodDescriptor<Q, A> method, Q request) {
        CompletableFuture<A> answer = new CompletableFuture<>();
        ClientCalls.asyncUnaryCall(
                channel.newCall(method, CallOptions.DEFAULT.withDeadlineAfter(CALL_SECONDS, TimeUnit.SECONDS)),
                request,
                new StreamObserver<>() {
                    @Override
                    public void onNext(A value) {
                        answer.complete(value);
                    }

                    @Override
                    public void onError(Throwable failure) {
                        answer.completeExceptionally(Statuses.failure(failure));
                    }

                    @Override
                    public void onCompleted() {
                        // the answer came before
                    }
                });
        return answer;
    }

    @Override
    public void close() {
        connection.shutdownNow();
        onClosed.accept(this);
    }
}
