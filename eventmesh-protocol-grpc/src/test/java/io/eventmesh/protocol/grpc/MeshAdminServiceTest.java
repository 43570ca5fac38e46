package io.eventmesh.protocol.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.topic.StreamName;
import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.common.topic.TopicName;
import io.eventmesh.common.topic.TopicPattern;
import io.eventmesh.proto.v1.CreateStreamRequest;
import io.eventmesh.proto.v1.ListDeadLetterTopicsRequest;
import io.eventmesh.proto.v1.ListStreamsRequest;
import io.eventmesh.proto.v1.ListSubscriptionsRequest;
import io.eventmesh.proto.v1.MeshAdminServiceGrpc;
import io.eventmesh.proto.v1.PauseSubscriptionRequest;
import io.eventmesh.proto.v1.PeekStreamRequest;
import io.eventmesh.proto.v1.ReadDeadLettersRequest;
import io.eventmesh.proto.v1.SeekSubscriptionRequest;
import io.eventmesh.proto.v1.Stream;
import io.eventmesh.proto.v1.StreamRequest;
import io.eventmesh.proto.v1.Subscription;
import io.eventmesh.proto.v1.SubscriptionRequest;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.mesh.DeadLetterDesk;
import io.eventmesh.spi.mesh.GroupPlace;
import io.eventmesh.spi.mesh.MeshAdminProtos;
import io.eventmesh.spi.mesh.StreamStatus;
import io.eventmesh.spi.mesh.SubscriptionDetail;
import io.eventmesh.spi.mesh.SubscriptionStatus;
import io.eventmesh.spi.security.Authenticator;
import io.eventmesh.spi.storage.DeliveryTerms;
import io.eventmesh.spi.storage.Durability;
import io.eventmesh.spi.storage.EventRecord;
import io.eventmesh.spi.storage.Peek;
import io.eventmesh.spi.storage.Position;
import io.eventmesh.spi.storage.Start;
import io.eventmesh.spi.storage.StoredRecord;
import io.eventmesh.spi.storage.StreamPartition;
import io.eventmesh.testkit.mesh.FakeMeshAdmin;
import io.grpc.Metadata;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.MetadataUtils;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What operators ask comes over the wire and back as it was. */
@NullUnmarked // a missing entry fails the test by itself
class MeshAdminServiceTest {
    private static final StreamName ORDERS = new StreamName("default", "orders");
    private static final StreamName LETTERS = new StreamName("default", "_dl/default/group/g");
    private static final SubscriptionName GROUP = new SubscriptionName("default", "g", TopicPattern.of("orders/#"));

    private final DoorFixture fixture = new DoorFixture();
    private final FakeMeshAdmin admin = fixture.mesh.admin();
    private final MeshAdminServiceGrpc.MeshAdminServiceBlockingStub stub =
            MeshAdminServiceGrpc.newBlockingStub(fixture.channel).withInterceptors(asRuntime());

    private static io.grpc.ClientInterceptor asRuntime() {
        Metadata headers = new Metadata();
        headers.put(Metadata.Key.of(Authenticator.CLUSTER_KEY_HEADER, Metadata.ASCII_STRING_MARSHALLER), "key");
        headers.put(Metadata.Key.of(Authenticator.RUNTIME_HEADER, Metadata.ASCII_STRING_MARSHALLER), "admin-1");
        return MetadataUtils.newAttachHeadersInterceptor(headers);
    }

    @AfterEach
    void close() {
        fixture.close();
    }

    private static StoredRecord record(StreamName stream, long offset, Event event) {
        return new StoredRecord(
                new Position(new StreamPartition(stream, 0), offset),
                new EventRecord(TopicName.of("orders/new"), "k", 5, 2, "rule/target", null, null, 0, event));
    }

    private static Event event(String id) {
        return Event.builder().id(id).source("/s").type("t").text(id).build();
    }

    private static SubscriptionDetail detail() {
        return new SubscriptionDetail(
                new SubscriptionStatus(
                        GROUP, SubscriptionStatus.State.ACTIVE, DeliveryTerms.DEFAULT, 1, 3, 1, 0, List.of(), ""),
                false,
                1_000,
                2_000,
                List.of(new GroupPlace(new StreamPartition(ORDERS, 1), 4, 2, 9)));
    }

    @Test
    void strangersAreRefusedEveryCall() {
        MeshAdminServiceGrpc.MeshAdminServiceBlockingStub stranger =
                MeshAdminServiceGrpc.newBlockingStub(fixture.channel);

        List<Runnable> calls = List.of(
                () -> stranger.listStreams(ListStreamsRequest.getDefaultInstance()),
                () -> stranger.createStream(CreateStreamRequest.getDefaultInstance()),
                () -> stranger.deleteStream(StreamRequest.getDefaultInstance()),
                () -> stranger.peekStream(PeekStreamRequest.getDefaultInstance()),
                () -> stranger.pauseSubscription(PauseSubscriptionRequest.getDefaultInstance()),
                () -> stranger.removeSubscription(SubscriptionRequest.getDefaultInstance()),
                () -> stranger.readDeadLetters(ReadDeadLettersRequest.getDefaultInstance()));

        for (Runnable call : calls) {
            assertThat(refusal(call)).isEqualTo(ErrorCode.PERMISSION_DENIED);
        }
        assertThat(admin.asked()).isEmpty();
    }

    private static ErrorCode refusal(Runnable call) {
        StatusRuntimeException refused = catchThrowableOfType(StatusRuntimeException.class, call::run);
        return GrpcTestClient.decoded(refused).code();
    }

    @Test
    void listsComeInPagesInTheOrderOfTheirNames() {
        List<StreamStatus> statuses = new ArrayList<>();
        for (String name : List.of("c", "a", "d", "b")) {
            statuses.add(new StreamStatus(new StreamName("default", name), 1, 0, 0, Durability.MEMORY));
        }
        statuses.add(new StreamStatus(new StreamName("other", "a"), 1, 0, 0, Durability.MEMORY));
        fixture.mesh.answerStreams(statuses);
        fixture.mesh.answerSubscriptions(List.of(detail().status()));

        assertThat(stub.listStreams(ListStreamsRequest.newBuilder()
                                .setNamespace("default")
                                .setAfter("default:a")
                                .setLimit(2)
                                .build())
                        .getStreamsList())
                .extracting(Stream::getName)
                .containsExactly("b", "c");
        assertThat(stub.listStreams(ListStreamsRequest.getDefaultInstance()).getStreamsList())
                .hasSize(5);
        assertThat(stub.listSubscriptions(ListSubscriptionsRequest.newBuilder()
                                .setNamespace("default")
                                .build())
                        .getSubscriptionsList())
                .extracting(Subscription::getGroup)
                .containsExactly("g");
        assertThat(stub.listSubscriptions(ListSubscriptionsRequest.newBuilder()
                                .setNamespace("other")
                                .build())
                        .getSubscriptionsList())
                .isEmpty();
    }

    @Test
    void streamsAreMadeShownPurgedAndDeleted() {
        CreateStreamRequest make = CreateStreamRequest.newBuilder()
                .setName("orders")
                .setPartitions(3)
                .build();
        StreamRequest orders = StreamRequest.newBuilder().setName("orders").build();

        assertThat(stub.createStream(make).getCreated()).isTrue();
        assertThat(stub.createStream(make).getCreated()).isFalse();
        assertThat(MeshAdminProtos.fromProto(stub.getStream(orders))).isEqualTo(now(admin.stream(ORDERS)));
        admin.put(ORDERS, List.of(record(ORDERS, 0, event("1"))));
        assertThat(stub.purgeStream(orders).getEvents()).isOne();
        assertThat(stub.deleteStream(orders).getExisted()).isTrue();
        assertThat(refusal(() -> stub.getStream(orders))).isEqualTo(ErrorCode.TOPIC_NOT_FOUND);
        assertThat(refusal(() -> stub.getStream(
                        StreamRequest.newBuilder().setName("a//b").build())))
                .isEqualTo(ErrorCode.REQUEST_INVALID);
    }

    @Test
    void aPeekBringsTheWholeRecord() {
        admin.put(ORDERS, List.of(record(ORDERS, 0, event("1")), record(ORDERS, 1, event("2"))));

        Peek peek = MeshAdminProtos.fromProto(
                ORDERS,
                stub.peekStream(PeekStreamRequest.newBuilder()
                        .setStream("orders")
                        .setFrom(1)
                        .setMaxEvents(10)
                        .setMaxBytes(1_000)
                        .build()));

        assertThat(peek.end()).isEqualTo(2);
        assertThat(peek.records()).singleElement().satisfies(found -> {
            assertThat(found.position()).isEqualTo(new Position(new StreamPartition(ORDERS, 0), 1));
            assertThat(found.record().key()).isEqualTo("k");
            assertThat(found.record().target()).isEqualTo("rule/target");
            assertThat(found.record().hops()).isEqualTo(2);
            assertThat(found.record().appendTimeMillis()).isEqualTo(5);
            assertThat(found.record().event().toByteArray())
                    .isEqualTo(event("2").toByteArray());
        });
    }

    @Test
    void subscriptionsAreShownPausedMovedAndDeleted() {
        admin.put(detail());
        SubscriptionRequest group = MeshAdminProtos.toProto(GROUP);

        assertThat(MeshAdminProtos.fromProto(stub.getSubscription(group))).isEqualTo(detail());
        SubscriptionDetail paused =
                MeshAdminProtos.fromProto(stub.pauseSubscription(PauseSubscriptionRequest.newBuilder()
                        .setSubscription(group)
                        .setPaused(true)
                        .build()));
        assertThat(paused.paused()).isTrue();
        assertThat(paused.status().state()).isEqualTo(SubscriptionStatus.State.PAUSED);
        assertThat(stub.seekSubscription(MeshAdminProtos.seek(GROUP, Start.earliest(), false))
                        .getAfter(0)
                        .getWatermark())
                .isZero();
        assertThat(stub.removeSubscription(group).getExisted()).isTrue();
        assertThat(refusal(() -> stub.getSubscription(group))).isEqualTo(ErrorCode.NOT_FOUND);
    }

    @Test
    void everyStartComesAsItWasMeant() {
        List<Start> starts = List.of(
                Start.earliest(),
                Start.latest(),
                new Start.AtTime(Instant.ofEpochMilli(77)),
                new Start.AtPosition(new Position(new StreamPartition(ORDERS, 3), 44)));

        for (Start start : starts) {
            assertThat(MeshAdminProtos.start(MeshAdminProtos.seek(GROUP, start, true)))
                    .isEqualTo(start);
        }
        admin.put(detail());
        SeekSubscriptionRequest none = SeekSubscriptionRequest.newBuilder()
                .setSubscription(MeshAdminProtos.toProto(GROUP))
                .build();
        assertThat(refusal(() -> stub.seekSubscription(none))).isEqualTo(ErrorCode.REQUEST_INVALID);
    }

    @Test
    void deadLettersAreListedReadAndSettled() {
        Event letter = event("1").with(java.util.Map.of("dlcode", "RULE_INVALID"));
        admin.put(LETTERS, List.of(record(LETTERS, 0, letter), record(LETTERS, 1, event("2"))));
        DeadLetterDesk.Choice choice = new DeadLetterDesk.Choice(
                "[]", "RULE_INVALID", "", 0, Long.MAX_VALUE, List.of(new DeadLetterDesk.Place(0, 0)));
        DeadLetterDesk.Order order = new DeadLetterDesk.Order(DeadLetterDesk.Action.DISCARD, choice, "", "op-1");
        admin.skip(List.of(new DeadLetterDesk.Skipped(new DeadLetterDesk.Place(0, 1), "no way")));

        assertThat(MeshAdminProtos.fromProto(stub.listDeadLetterTopics(ListDeadLetterTopicsRequest.newBuilder()
                                .setLimit(10)
                                .build())
                        .getTopics(0)))
                .isEqualTo(now(admin.topics("", "", 1)).get(0));
        DeadLetterDesk.Page page = MeshAdminProtos.fromProto(
                LETTERS,
                stub.readDeadLetters(ReadDeadLettersRequest.newBuilder()
                        .setTopic(LETTERS.name())
                        .setChoice(MeshAdminProtos.toProto(choice))
                        .setLimit(10)
                        .build()));
        assertThat(page.letters())
                .extracting(found -> found.record().event().id())
                .containsExactly("1");
        assertThat(MeshAdminProtos.fromProto(MeshAdminProtos.toProto(choice))).isEqualTo(choice);
        assertThat(MeshAdminProtos.order(MeshAdminProtos.settle(LETTERS, order, "", 1, false)))
                .isEqualTo(order);

        DeadLetterDesk.Step step = MeshAdminProtos.fromProto(
                stub.settleDeadLetters(MeshAdminProtos.settle(LETTERS, order, "", 10, false)));
        assertThat(step.skipped())
                .isEqualTo(now(admin.settle(LETTERS, order, "", 10, true)).skipped());
        assertThat(admin.asked()).containsExactly("DISCARD default:_dl/default/group/g [1]");
    }

    private static <T> T now(java.util.concurrent.CompletionStage<T> stage) {
        return stage.toCompletableFuture().join();
    }
}
