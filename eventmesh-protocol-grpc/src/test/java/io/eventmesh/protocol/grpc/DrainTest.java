package io.eventmesh.protocol.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.proto.v1.EndpointsRequest;
import io.eventmesh.proto.v1.MeshServiceGrpc;
import io.eventmesh.proto.v1.PublishAnswer;
import io.eventmesh.proto.v1.PublishRequest;
import io.eventmesh.proto.v1.ReplyRequest;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.mesh.MeshEndpoint;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A door that drains: what it took is answered, what comes is sent elsewhere. */
class DrainTest {
    private static final Duration SOON = Duration.ofSeconds(10);
    private static final ByteString EVENT =
            Event.builder().id("1").source("/t").type("t").build().toByteString();

    private final DoorFixture fixture = new DoorFixture();

    @AfterEach
    void close() {
        fixture.close();
    }

    /** Answers of a publish stream, and its end. */
    private static final class Answers implements StreamObserver<PublishAnswer> {
        final List<PublishAnswer> all = new CopyOnWriteArrayList<>();
        final CompletableFuture<Void> end = new CompletableFuture<>();

        @Override
        public void onNext(PublishAnswer answer) {
            all.add(answer);
        }

        @Override
        public void onError(Throwable why) {
            end.completeExceptionally(why);
        }

        @Override
        public void onCompleted() {
            end.complete(null);
        }
    }

    private MeshServiceGrpc.MeshServiceBlockingStub calls() {
        return MeshServiceGrpc.newBlockingStub(fixture.channel).withDeadlineAfter(10, TimeUnit.SECONDS);
    }

    private static PublishRequest request(long seq) {
        return PublishRequest.newBuilder()
                .setSeq(seq)
                .setTopic("orders")
                .setEvent(EVENT)
                .build();
    }

    @Test
    void aPublishStreamEndsWhenWhatItTookIsAnswered() throws Exception {
        fixture.mesh.hold();
        Answers answers = new Answers();
        StreamObserver<PublishRequest> stream =
                MeshServiceGrpc.newStub(fixture.channel).publish(answers);
        stream.onNext(request(1));
        await().atMost(SOON).until(() -> fixture.mesh.heldCount() == 1);

        fixture.door.drain();
        assertThat(answers.end).isNotDone();
        fixture.mesh.release();

        assertThat(catchThrowable(() -> answers.end.get(10, TimeUnit.SECONDS)))
                .isInstanceOfSatisfying(
                        ExecutionException.class,
                        end -> assertThat(GrpcTestClient.decoded(Objects.requireNonNull(end.getCause()))
                                        .code())
                                .isEqualTo(ErrorCode.SHUTTING_DOWN));
        assertThat(answers.all)
                .singleElement()
                .satisfies(answer -> assertThat(answer.hasProblem()).isFalse());
        assertThat(fixture.mesh.published()).hasSize(1);
    }

    @Test
    void anIdlePublishStreamEndsAtOnceAndASubscriptionGoesOn() {
        Answers answers = new Answers();
        var unused = MeshServiceGrpc.newStub(fixture.channel).publish(answers);
        GrpcTestSubscriber subscriber = new GrpcTestSubscriber(fixture.channel, true);
        subscriber.open("orders/>", "billing").awaitOpened();
        await().atMost(SOON).until(() -> fixture.mesh.members().size() == 1);

        fixture.door.drain();

        await().atMost(SOON).until(answers.end::isCompletedExceptionally);
        assertThat(fixture.mesh.members().get(0).isClosed()).isFalse();
    }

    @Test
    void newWorkIsSentElsewhereWhileRepliesAndQuestionsForTheOthersAreTaken() {
        fixture.mesh.answerEndpoints(List.of(new MeshEndpoint("other", "127.0.0.1:1", "")));

        fixture.door.drain();
        fixture.door.drain();

        assertThat(GrpcTestClient.decoded(catchThrowable(() -> calls().publishOne(request(1))))
                        .code())
                .isEqualTo(ErrorCode.SHUTTING_DOWN);
        assertThat(fixture.mesh.published()).isEmpty();
        assertThat(calls().endpoints(EndpointsRequest.getDefaultInstance()).getEndpointsList())
                .extracting("runtime")
                .containsExactly("other");
        assertThat(calls().reply(ReplyRequest.newBuilder()
                        .setReplyTo("r1/1")
                        .setEvent(EVENT)
                        .build()))
                .isNotNull();
        assertThat(HealthGrpc.newBlockingStub(fixture.channel)
                        .withDeadlineAfter(10, TimeUnit.SECONDS)
                        .check(HealthCheckRequest.getDefaultInstance())
                        .getStatus())
                .isEqualTo(ServingStatus.NOT_SERVING);
    }
}
