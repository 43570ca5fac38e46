package io.eventmesh.protocol.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.eventmesh.common.config.DataSize;
import io.eventmesh.common.config.Secret;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.common.topic.TopicPattern;
import io.eventmesh.proto.v1.MeshPeerServiceGrpc;
import io.eventmesh.proto.v1.RelayAnswer;
import io.eventmesh.proto.v1.RelayRequest;
import io.eventmesh.proto.v1.ServingRequest;
import io.eventmesh.spi.mesh.MeshEndpoint;
import io.eventmesh.spi.peer.PeerLinks;
import io.grpc.stub.StreamObserver;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class MeshPeerServiceTest {
    private final DoorFixture fixture = new DoorFixture();
    private final PeerLinks links = new GrpcPeerLinksProvider()
            .create("runtime-2", Secret.of("key"), DataSize.ofMebibytes(1), MeshClock.system());

    @AfterEach
    void close() {
        links.close();
        fixture.close();
    }

    private static ErrorCode refusal(CompletionStage<?> stage) {
        Throwable failure = catchThrowable(() ->
                stage.toCompletableFuture().orTimeout(20, TimeUnit.SECONDS).join());
        return EventMeshException.of(Objects.requireNonNull(failure)).code();
    }

    @Test
    void whoDoesNotProveToBeARuntimeIsRefused() {
        Throwable failure = catchThrowable(() ->
                MeshPeerServiceGrpc.newBlockingStub(fixture.channel).serving(ServingRequest.getDefaultInstance()));

        assertThat(GrpcTestClient.decoded(Objects.requireNonNull(failure)).code())
                .isEqualTo(ErrorCode.PERMISSION_DENIED);
    }

    @Test
    void whoDoesNotProveToBeARuntimeRelaysNothing() {
        CompletableFuture<RelayAnswer> end = new CompletableFuture<>();
        MeshPeerServiceGrpc.newStub(fixture.channel)
                .relay(new StreamObserver<>() {
                    @Override
                    public void onNext(RelayAnswer answer) {
                        end.complete(answer);
                    }

                    @Override
                    public void onError(Throwable failure) {
                        end.completeExceptionally(GrpcTestClient.decoded(failure));
                    }

                    @Override
                    public void onCompleted() {
                        end.cancel(false);
                    }
                })
                .onNext(RelayRequest.getDefaultInstance());

        assertThat(refusal(end)).isEqualTo(ErrorCode.PERMISSION_DENIED);
    }

    @Test
    void aRefusalArrivesAsTheErrorThatItWas() {
        SubscriptionName group = new SubscriptionName("default", "g", TopicPattern.of("orders"));

        // the mesh behind this door has no peers
        assertThat(refusal(links.to(new MeshEndpoint("runtime-1", fixture.door.address(), ""))
                        .serving("runtime-2", Set.of(group))))
                .isEqualTo(ErrorCode.NOT_SUPPORTED);
    }

    @Test
    void aRuntimeThatIsNotThereIsSaidToBeGone() {
        SubscriptionName group = new SubscriptionName("default", "g", TopicPattern.of("orders"));
        String address = fixture.door.address();
        fixture.door.close();

        assertThat(refusal(links.to(new MeshEndpoint("runtime-1", address, "")).letGo(group)))
                .isEqualTo(ErrorCode.SHUTTING_DOWN);
    }
}
