package io.eventmesh.protocol.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.proto.v1.EndpointsRequest;
import io.eventmesh.proto.v1.ListStreamsRequest;
import io.eventmesh.proto.v1.MeshAdminServiceGrpc;
import io.eventmesh.proto.v1.MeshServiceGrpc;
import io.eventmesh.proto.v1.PublishAnswer;
import io.eventmesh.proto.v1.PublishRequest;
import io.eventmesh.proto.v1.SubscribeAnswer;
import io.eventmesh.proto.v1.SubscribeRequest;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.mesh.MeshEndpoint;
import io.eventmesh.testkit.mesh.RecordingMember;
import io.eventmesh.testkit.mesh.RecordingMesh;
import io.grpc.Metadata;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.reflection.v1.ServerReflectionGrpc;
import io.grpc.reflection.v1.ServerReflectionRequest;
import io.grpc.reflection.v1.ServerReflectionResponse;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class MeshServiceTest {
    private static final Duration SOON = Duration.ofSeconds(10);

    private final DoorFixture fixture = new DoorFixture();

    @AfterEach
    void close() {
        fixture.close();
    }

    /** Keeps what came back on a stream. */
    private static final class Kept<T> implements StreamObserver<T> {
        final List<T> values = new CopyOnWriteArrayList<>();
        volatile boolean completed;

        @Override
        public void onNext(T value) {
            values.add(value);
        }

        @Override
        public void onError(Throwable why) {
            // A failed stream never completes, which the tests wait for.
        }

        @Override
        public void onCompleted() {
            completed = true;
        }
    }

    private static ByteString event(int dataBytes) {
        return Event.builder()
                .id("1")
                .source("/t")
                .type("t")
                .data(new byte[dataBytes])
                .build()
                .toByteString();
    }

    private static PublishRequest request(long seq, ByteString event) {
        return PublishRequest.newBuilder()
                .setSeq(seq)
                .setTopic("orders")
                .setEvent(event)
                .build();
    }

    private GrpcTestSubscriber subscriber(boolean reading) {
        return new GrpcTestSubscriber(fixture.channel, reading);
    }

    @Test
    void everyCodeHasAStatusThatNamesIt() {
        for (ErrorCode code : ErrorCode.values()) {
            StatusRuntimeException status =
                    Statuses.of(new io.eventmesh.common.error.EventMeshException(code, "value: 1 (expected: 2)"));

            assertThat(status.getStatus().isOk()).isFalse();
            assertThat(GrpcTestClient.decoded(status).code()).isEqualTo(code);
            assertThat(status.getStatus().getDescription()).isEqualTo("value: 1 (expected: 2)");
            assertThat(EventMeshAnswers.statusCode(EventMeshAnswers.Operation.PUBLISH, code))
                    .isNotEqualTo("0");
        }
    }

    @Test
    void whatStandsBesideTheEventReachesTheMesh() {
        Metadata headers = new Metadata();
        headers.put(Metadata.Key.of("traceparent", Metadata.ASCII_STRING_MARSHALLER), "00-1-2-01");
        headers.put(Metadata.Key.of("eventmesh-cluster-key", Metadata.ASCII_STRING_MARSHALLER), "k");
        headers.put(Metadata.Key.of("eventmesh-runtime", Metadata.ASCII_STRING_MARSHALLER), "r7");

        PublishAnswer answer = MeshServiceGrpc.newBlockingStub(fixture.channel)
                .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers))
                .withDeadlineAfter(10, TimeUnit.SECONDS)
                .publishOne(request(9, event(10)).toBuilder()
                        .setNamespace("shop")
                        .setTarget("rule/target")
                        .setHops(3)
                        .setFence(io.eventmesh.proto.v1.TaskFence.newBuilder()
                                .setTask("t")
                                .setTerm(1)
                                .setEpoch(2))
                        .build());

        RecordingMesh.Published got = fixture.mesh.published().get(0);
        assertThat(answer.getSeq()).isEqualTo(9);
        assertThat(answer.hasProblem()).isFalse();
        assertThat(got.context().namespace()).isEqualTo("shop");
        assertThat(got.context().traceparent()).isEqualTo("00-1-2-01");
        assertThat(got.context().principal().name()).isEqualTo("r7");
        assertThat(got.context().deadlineNanos()).isNotZero();
        assertThat(got.context().connection()).isPositive();
        assertThat(Objects.requireNonNull(got.context().fence()).epoch()).isEqualTo(2);
        assertThat(got.outgoing().target()).isEqualTo("rule/target");
        assertThat(got.outgoing().hops()).isEqualTo(3);
        assertThat(got.outgoing().event().toByteString()).isEqualTo(event(10));
    }

    @Test
    void anEventOverTheLimitAndOneOfAMillionBytes() {
        MeshServiceGrpc.MeshServiceBlockingStub stub = MeshServiceGrpc.newBlockingStub(fixture.channel);

        StatusRuntimeException over =
                catchThrowableOfType(StatusRuntimeException.class, () -> stub.publishOne(request(1, event(1 << 20))));
        stub.publishOne(request(2, event(1_000_000)));

        assertThat(GrpcTestClient.decoded(over).code()).isEqualTo(ErrorCode.EVENT_TOO_LARGE);
        assertThat(fixture.mesh.published()).hasSize(1);
    }

    @Test
    void eachEventOfAPublishStreamIsAnsweredByItsSeq() {
        Kept<PublishAnswer> answers = new Kept<>();
        StreamObserver<PublishRequest> events =
                MeshServiceGrpc.newStub(fixture.channel).publish(answers);

        events.onNext(request(5, event(1)));
        events.onNext(request(6, ByteString.copyFromUtf8("bad")));
        events.onNext(request(7, event(1)));
        events.onCompleted();

        await().atMost(SOON).until(() -> answers.completed);
        assertThat(answers.values.stream().map(PublishAnswer::getSeq)).containsExactlyInAnyOrder(5L, 6L, 7L);
        PublishAnswer bad = answers.values.stream()
                .filter(PublishAnswer::hasProblem)
                .findFirst()
                .orElseThrow();
        assertThat(bad.getSeq()).isEqualTo(6);
        assertThat(bad.getProblem().getName()).isEqualTo("EVENT_INVALID");
        assertThat(bad.getProblem().getCode()).isEqualTo(1001);
    }

    @Test
    void aPublishStreamIsNotReadFurtherThanItsBounds() {
        fixture.mesh.hold();
        Kept<PublishAnswer> answers = new Kept<>();
        StreamObserver<PublishRequest> events =
                MeshServiceGrpc.newStub(fixture.channel).publish(answers);

        for (int i = 0; i < 3 * PublishStream.MAX_EVENTS; i++) {
            events.onNext(request(i, event(1)));
        }
        events.onCompleted();

        await().atMost(SOON).until(() -> fixture.mesh.heldCount() == PublishStream.MAX_EVENTS);
        await().during(Duration.ofMillis(200))
                .atMost(SOON)
                .until(() -> fixture.mesh.heldCount() == PublishStream.MAX_EVENTS);
        assertThat(answers.completed).isFalse();
        fixture.mesh.release();
        await().atMost(SOON).until(() -> answers.completed);
        assertThat(answers.values).hasSize(3 * PublishStream.MAX_EVENTS);
    }

    @Test
    void aClientThatDoesNotReadHoldsASliceHoweverMuchCreditItGave() {
        GrpcTestSubscriber slow = subscriber(false)
                .open("orders", "g")
                .credit(1_000_000, 1L << 40)
                .awaitOpened();
        RecordingMember member = fixture.mesh.members().get(0);
        Event large = Event.scan(event(10_000).toByteArray());

        await().atMost(SOON).until(() -> member.eventCredit() > 0);
        int written = 0;
        for (int pause = 0; pause < 20; pause++) {
            while (member.offer("orders", large)) {
                written++;
            }
            await().pollDelay(Duration.ofMillis(20)).until(() -> true);
        }

        // A slice here, and what the two ends of the connection hold: nothing near the credit.
        assertThat(written).isBetween(10, 3_000);
        slow.read(1_000_000);
        int stopped = written;
        await().atMost(SOON).until(() -> slow.deliveries().size() == stopped);
        await().atMost(SOON).until(() -> member.offer("orders", large));
    }

    @Test
    void creditIsNeverOverdrawnAndDeliveriesCarryTheirFrame() {
        GrpcTestSubscriber subscriber =
                subscriber(true).open("orders/>", "g").credit(2, 1 << 20).awaitOpened();
        RecordingMember member = fixture.mesh.members().get(0);
        await().atMost(SOON).until(() -> member.eventCredit() == 2);
        Event sent = Event.scan(event(5).toByteArray());

        assertThat(member.offer("orders/a", sent, 4)).isTrue();
        assertThat(member.offer("orders/b", sent)).isTrue();
        assertThat(member.offer("orders/c", sent)).isFalse();

        await().atMost(SOON).until(() -> subscriber.deliveries().size() == 2);
        SubscribeAnswer.Delivery first = subscriber.deliveries().get(0);
        assertThat(first.getTopic()).isEqualTo("orders/a");
        assertThat(first.getAttempt()).isEqualTo(4);
        assertThat(first.getAppendTimeMs()).isEqualTo(1_000);
        assertThat(first.getEvent()).isEqualTo(event(5));
        assertThat(subscriber.deliveries().get(1).getId()).isEqualTo(1);
        subscriber.credit(1, 0);
        await().atMost(SOON).until(() -> member.eventCredit() == 1);
    }

    @Test
    void aHalfCloseLeavesInOrder() {
        GrpcTestSubscriber subscriber =
                subscriber(true).open("orders", "g").credit(1, 1_000).awaitOpened();
        RecordingMember member = fixture.mesh.members().get(0);
        await().atMost(SOON).until(() -> member.eventCredit() == 1);
        member.offer("orders", Event.scan(event(1).toByteArray()));
        await().atMost(SOON).until(() -> subscriber.deliveries().size() == 1);

        subscriber.ack(0);
        subscriber.halfClose();

        await().atMost(SOON).until(subscriber::isEnded);
        assertThat(subscriber.failure).isNull();
        assertThat(member.acked()).containsExactly(0L);
        assertThat(member.isClosed()).isTrue();
    }

    @Test
    void anOpenSubscriptionIsSentSignsOfLife() {
        GrpcTestSubscriber subscriber = subscriber(true).open("orders", "g").awaitOpened();

        await().atMost(SOON)
                .until(() -> subscriber.frames.stream()
                                .filter(SubscribeAnswer::hasPing)
                                .count()
                        >= 2);
    }

    @Test
    void aFrameThatMakesNoSenseEndsTheStreamWithItsReason() {
        for (SubscribeRequest wrong : List.of(
                SubscribeRequest.getDefaultInstance(),
                SubscribeRequest.newBuilder()
                        .setSettle(SubscribeRequest.Settle.getDefaultInstance())
                        .build(),
                SubscribeRequest.newBuilder()
                        .setCredit(SubscribeRequest.Credit.newBuilder().setEvents(-1))
                        .build(),
                SubscribeRequest.newBuilder()
                        .setOpen(SubscribeRequest.Open.newBuilder().setPattern("a/>/b"))
                        .build())) {
            GrpcTestSubscriber subscriber = subscriber(true).send(wrong);

            await().atMost(SOON).until(subscriber::isEnded);
            assertThat(GrpcTestClient.decoded(Objects.requireNonNull(subscriber.failure))
                            .code())
                    .isEqualTo(ErrorCode.REQUEST_INVALID);
        }
    }

    @Test
    void endpointsAreNamedAndOperatorsCallsAreForRuntimes() {
        fixture.mesh.answerEndpoints(List.of(new MeshEndpoint("a", "h:1", "http://h:2")));

        assertThat(MeshServiceGrpc.newBlockingStub(fixture.channel)
                        .endpoints(EndpointsRequest.getDefaultInstance())
                        .getEndpoints(0)
                        .getHttp())
                .isEqualTo("http://h:2");
        StatusRuntimeException refused = catchThrowableOfType(
                StatusRuntimeException.class,
                () -> MeshAdminServiceGrpc.newBlockingStub(fixture.channel)
                        .listStreams(ListStreamsRequest.getDefaultInstance()));
        assertThat(GrpcTestClient.decoded(refused).code()).isEqualTo(ErrorCode.PERMISSION_DENIED);
    }

    @Test
    void toolsFindTheServicesAndTheirHealth() {
        Kept<ServerReflectionResponse> answers = new Kept<>();
        StreamObserver<ServerReflectionRequest> asks =
                ServerReflectionGrpc.newStub(fixture.channel).serverReflectionInfo(answers);
        asks.onNext(ServerReflectionRequest.newBuilder().setListServices("").build());
        asks.onNext(ServerReflectionRequest.newBuilder()
                .setFileContainingSymbol("eventmesh.v1.MeshService")
                .build());
        asks.onCompleted();
        await().atMost(SOON).until(() -> answers.completed);

        Set<String> names = new HashSet<>();
        answers.values
                .get(0)
                .getListServicesResponse()
                .getServiceList()
                .forEach(service -> names.add(service.getName()));
        assertThat(names)
                .contains(
                        "eventmesh.v1.MeshService",
                        "eventmesh.v1.MeshAdminService",
                        "org.apache.eventmesh.cloudevents.v1.PublisherService",
                        "grpc.health.v1.Health");
        assertThat(answers.values.get(1).hasFileDescriptorResponse()).isTrue();
        assertThat(HealthGrpc.newBlockingStub(fixture.channel)
                        .check(HealthCheckRequest.getDefaultInstance())
                        .getStatus())
                .isEqualTo(ServingStatus.SERVING);
    }
}
