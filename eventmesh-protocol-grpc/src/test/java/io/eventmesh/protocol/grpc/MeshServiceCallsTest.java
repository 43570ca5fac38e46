package io.eventmesh.protocol.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.ByteString;
import com.google.rpc.RetryInfo;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.common.topic.TopicPattern;
import io.eventmesh.proto.v1.DeleteSubscriptionRequest;
import io.eventmesh.proto.v1.Destination;
import io.eventmesh.proto.v1.MeshServiceGrpc;
import io.eventmesh.proto.v1.Problem;
import io.eventmesh.proto.v1.PublishRequest;
import io.eventmesh.proto.v1.PutSubscriptionRequest;
import io.eventmesh.proto.v1.ReplyRequest;
import io.eventmesh.proto.v1.RequestRequest;
import io.eventmesh.proto.v1.SubscribeRequest;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.mesh.Mode;
import io.eventmesh.spi.mesh.SubscribeTerms;
import io.eventmesh.spi.storage.Start;
import io.eventmesh.testkit.mesh.RecordingMesh;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class MeshServiceCallsTest {
    private final DoorFixture fixture = new DoorFixture();

    @AfterEach
    void close() {
        fixture.close();
    }

    private MeshServiceGrpc.MeshServiceBlockingStub stub() {
        return MeshServiceGrpc.newBlockingStub(fixture.channel).withDeadlineAfter(10, TimeUnit.SECONDS);
    }

    private static Event event(String id) {
        return Event.builder().id(id).source("/t").type("t").text("hello").build();
    }

    private static PublishRequest publish(String id) {
        return PublishRequest.newBuilder()
                .setTopic("quotes")
                .setEvent(event(id).toByteString())
                .build();
    }

    private static ErrorCode refusal(Supplier<?> call) {
        return GrpcTestClient.decoded(catchThrowableOfType(StatusRuntimeException.class, call::get))
                .code();
    }

    @Test
    void aRequestIsAnsweredWithTheReply() {
        fixture.mesh.answerRequests(request -> CompletableFuture.completedFuture(
                event("reply-to-" + request.event().id())));

        ByteString answer = stub().request(RequestRequest.newBuilder()
                        .setRequest(
                                publish("1").toBuilder().setNamespace("shop").setNotBeforeMs(7))
                        .setTimeoutMs(5_000)
                        .build())
                .getEvent();

        assertThat(Event.scan(answer.toByteArray()).id()).isEqualTo("reply-to-1");
        RecordingMesh.Published asked = fixture.mesh.published().get(0);
        assertThat(asked.context().namespace()).isEqualTo("shop");
        assertThat(asked.outgoing().topic().value()).isEqualTo("quotes");
        assertThat(asked.outgoing().notBeforeMillis()).isEqualTo(7);
    }

    @Test
    void aRequestThatNobodyAnswersOrThatMakesNoSenseIsRefused() {
        RequestRequest unanswered = RequestRequest.newBuilder()
                .setRequest(publish("1"))
                .setTimeoutMs(50)
                .build();

        assertThat(refusal(() -> stub().request(unanswered))).isEqualTo(ErrorCode.DEADLINE_EXCEEDED);
        assertThat(refusal(() ->
                        stub().request(unanswered.toBuilder().setTimeoutMs(0).build())))
                .isEqualTo(ErrorCode.REQUEST_INVALID);
        assertThat(refusal(() -> stub().request(unanswered.toBuilder()
                        .setRequest(publish("1").toBuilder().setEvent(ByteString.copyFromUtf8("bad")))
                        .build())))
                .isEqualTo(ErrorCode.EVENT_INVALID);
        assertThat(fixture.mesh.published()).hasSize(1);
    }

    @Test
    void aReplyReachesTheMeshWhole() {
        ReplyRequest reply = ReplyRequest.newBuilder()
                .setNamespace("shop")
                .setReplyTo("r1/17")
                .setEvent(event("2").toByteString())
                .build();

        stub().reply(reply);

        RecordingMesh.Replied taken = fixture.mesh.replied().get(0);
        assertThat(taken.context().namespace()).isEqualTo("shop");
        assertThat(taken.replyTo()).isEqualTo("r1/17");
        assertThat(taken.reply().toByteString()).isEqualTo(event("2").toByteString());
        assertThat(refusal(() -> stub().reply(reply.toBuilder()
                        .setEvent(ByteString.copyFrom(new byte[(1 << 20) + 1]))
                        .build())))
                .isEqualTo(ErrorCode.EVENT_TOO_LARGE);
    }

    @Test
    void aSubscriptionIsPutChangedAndDeleted() {
        PutSubscriptionRequest put = PutSubscriptionRequest.newBuilder()
                .setSubscription(SubscribeRequest.Open.newBuilder()
                        .setNamespace("shop")
                        .setGroup("billing")
                        .setPattern("orders/>")
                        .setFilter("[{\"exact\":{\"type\":\"t\"}}]")
                        .setUnordered(true))
                .setDestination(Destination.newBuilder().setKind("webhook").setSpec("{\"url\":\"http://x\"}"))
                .build();
        DeleteSubscriptionRequest delete = DeleteSubscriptionRequest.newBuilder()
                .setNamespace("shop")
                .setGroup("billing")
                .setPattern("orders/>")
                .build();
        SubscriptionName name = new SubscriptionName("shop", "billing", TopicPattern.of("orders/>"));

        assertThat(stub().putSubscription(put).getCreated()).isTrue();
        assertThat(stub().putSubscription(put).getCreated()).isFalse();

        SubscribeTerms terms =
                Objects.requireNonNull(fixture.mesh.puts().get(name)).terms();
        assertThat(terms.delivery().destination())
                .isEqualTo(new io.eventmesh.spi.target.Destination("webhook", "{\"url\":\"http://x\"}"));
        assertThat(terms.delivery().filter()).isEqualTo("[{\"exact\":{\"type\":\"t\"}}]");
        assertThat(terms.delivery().ordered()).isFalse();
        assertThat(stub().deleteSubscription(delete).getExisted()).isTrue();
        assertThat(stub().deleteSubscription(delete).getExisted()).isFalse();
        assertThat(refusal(() -> stub().deleteSubscription(
                                delete.toBuilder().setGroup("").build())))
                .isEqualTo(ErrorCode.REQUEST_INVALID);
        assertThat(refusal(() -> stub().deleteSubscription(
                                delete.toBuilder().setNamespace("no name").build())))
                .isEqualTo(ErrorCode.REQUEST_INVALID);
    }

    @Test
    void aDelayedEventKeepsItsTimeAndANegativeOneIsRefused() {
        stub().publishOne(publish("1").toBuilder()
                .setNotBeforeMs(1_700_000_000_000L)
                .build());

        assertThat(fixture.mesh.published().get(0).outgoing().notBeforeMillis()).isEqualTo(1_700_000_000_000L);
        assertThat(refusal(() -> stub().publishOne(
                                publish("2").toBuilder().setNotBeforeMs(-1).build())))
                .isEqualTo(ErrorCode.REQUEST_INVALID);
    }

    @Test
    void everyTermOfASubscriptionReachesTheMesh() {
        new GrpcTestSubscriber(fixture.channel, true)
                .send(SubscribeRequest.newBuilder()
                        .setOpen(SubscribeRequest.Open.newBuilder()
                                .setGroup("g")
                                .setPattern("orders")
                                .setMode(SubscribeRequest.Mode.BROADCASTING)
                                .setFilter("[{\"sql\":\"TRUE\"}]")
                                .setStartAt(
                                        SubscribeRequest.StartAt.newBuilder().setTimeMs(5)))
                        .build())
                .awaitOpened();

        SubscribeTerms terms = fixture.mesh.members().get(0).terms();
        assertThat(terms.mode()).isEqualTo(Mode.BROADCASTING);
        assertThat(terms.delivery().filter()).isEqualTo("[{\"sql\":\"TRUE\"}]");
        assertThat(terms.start()).isEqualTo(new Start.AtTime(Instant.ofEpochMilli(5)));
    }

    @Test
    void aRefusalSaysWhenToComeBack() throws Exception {
        EventMeshException busy =
                new EventMeshException(ErrorCode.RATE_LIMITED, "rate: 9 (expected: 5)", Duration.ofMillis(1_250));

        com.google.rpc.Status status = Objects.requireNonNull(StatusProto.fromThrowable(Statuses.of(busy)));
        Problem problem = Protos.problem(busy);

        List<RetryInfo> pauses = status.getDetailsList().stream()
                .filter(detail -> detail.is(RetryInfo.class))
                .map(detail -> {
                    try {
                        return detail.unpack(RetryInfo.class);
                    } catch (com.google.protobuf.InvalidProtocolBufferException e) {
                        throw new AssertionError(e);
                    }
                })
                .toList();
        assertThat(pauses).hasSize(1);
        assertThat(pauses.get(0).getRetryDelay())
                .isEqualTo(com.google.protobuf.Duration.newBuilder()
                        .setSeconds(1)
                        .setNanos(250_000_000)
                        .build());
        assertThat(problem.getRetryAfterMs()).isEqualTo(1_250);
        assertThat(Statuses.of(new EventMeshException(ErrorCode.OVERLOADED, "x"))
                        .getTrailers())
                .isNotNull();
        assertThat(Objects.requireNonNull(StatusProto.fromThrowable(
                                Statuses.of(new EventMeshException(ErrorCode.OVERLOADED, "x"))))
                        .getDetailsList())
                .hasSize(1);
    }
}
