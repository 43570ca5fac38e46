package io.eventmesh.protocol.grpc;

import static io.eventmesh.protocol.grpc.EventMeshClient.batch;
import static io.eventmesh.protocol.grpc.EventMeshClient.dressed;
import static io.eventmesh.protocol.grpc.EventMeshClient.message;
import static io.eventmesh.protocol.grpc.EventMeshClient.said;
import static io.eventmesh.protocol.grpc.EventMeshClient.status;
import static io.eventmesh.protocol.grpc.EventMeshClient.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.Empty;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.proto.cloudevents.CloudEvent;
import io.eventmesh.proto.cloudevents.CloudEventBatch;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.event.EventBuilder;
import io.eventmesh.testkit.mesh.RecordingMesh;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.MetadataUtils;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class EventMeshPublishersTest {
    private final DoorFixture fixture = new DoorFixture();
    private final EventMeshClient client = new EventMeshClient(fixture.channel);

    @AfterEach
    void close() {
        fixture.close();
    }

    private List<String> publishedIds() {
        return fixture.mesh.published().stream()
                .map(each -> each.outgoing().event().id())
                .toList();
    }

    @Test
    void aStoredEventIsAnsweredInTheThreeAttributesThatTheSdkReads() {
        CloudEvent answer = client.publish(dressed().subject("orders/eu"));

        assertThat(status(answer)).isEqualTo("0");
        assertThat(said(answer)).isEqualTo("success SendResult[topic=orders/eu, messageId=0-0]");
        assertThat(answer.getAttributesOrThrow("time").getCeTimestamp().getSeconds())
                .isPositive();
    }

    @Test
    void anEventLosesItsTopicAndCredentialsAndKeepsTheRest() {
        client.publish(dressed()
                .subject("orders")
                .attribute("password", "secret")
                .attribute("token", "secret")
                .attribute("meshthing", "x")
                .attribute("dlreason", "y"));

        RecordingMesh.Published got = fixture.mesh.published().get(0);
        assertThat(got.outgoing().topic().value()).isEqualTo("orders");
        CloudEvent stored = got.outgoing().event().parse();
        assertThat(stored.getAttributesMap())
                .containsOnlyKeys(
                        "env",
                        "idc",
                        "ip",
                        "pid",
                        "sys",
                        "language",
                        "protocoltype",
                        "producergroup",
                        "ttl",
                        "seqnum",
                        "uniqueid",
                        "datacontenttype");
        assertThat(stored.getTextData()).isEqualTo("hello");
        assertThat(stored.toString()).doesNotContain("secret");
    }

    @Test
    void aNameThatCloudEventsForbidsIsNoReasonToRefuseAnEvent() {
        CloudEvent answer = client.publish(
                dressed().subject("orders").attribute("trace_Id", "7").attribute("PassWD", "secret2"));

        assertThat(status(answer)).isEqualTo("0");
        Event stored = fixture.mesh.published().get(0).outgoing().event();
        assertThat(stored.attribute("traceid")).isEqualTo("7");
        assertThat(stored.parse().toString()).doesNotContain("secret");
    }

    @Test
    void noneOfWhatIdentifiesAClientIsNeededToPublish() {
        EventBuilder bare =
                Event.builder().id("1").source("/").type("t").subject("orders").data(new byte[] {1});

        assertThat(status(client.publish(bare))).isEqualTo("0");
    }

    @Test
    void badEventsAreAnswered() {
        assertThat(status(client.publish(dressed()))).as("no topic").isEqualTo("7");
        assertThat(status(client.publish(dressed().subject("a//b")))).isEqualTo("7");
        assertThat(status(client.publish(dressed().subject("orders").id("")))).isEqualTo("7");
        assertThat(status(client.publish(dressed().subject("orders").data(new byte[1 << 20]))))
                .isEqualTo("7");
        assertThat(said(client.publish(dressed().subject("a//b")))).contains("a//b");
        assertThat(fixture.mesh.published()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "OVERLOADED,1",
        "STORAGE_FULL,1",
        "NOT_SUPPORTED,2",
        "REQUEST_INVALID,7",
        "SHUTTING_DOWN,8",
        "PERMISSION_DENIED,20",
        "UNAUTHENTICATED,20",
        "RATE_LIMITED,21",
        "QUOTA_EXCEEDED,21",
        "STORAGE_UNAVAILABLE,14",
        "TOPIC_NOT_FOUND,14"
    })
    void aRefusalIsAnAnswerWithItsStatusCode(ErrorCode code, String expected) {
        fixture.mesh.refuseWith(code);

        CloudEvent answer = client.publish(dressed().subject("orders"));

        assertThat(status(answer)).isEqualTo(expected);
        assertThat(said(answer)).isEqualTo(code + " value: x (expected: y)");
    }

    @Test
    void aCallerWhoIsNobodyIsAnsweredToo() {
        Metadata headers = new Metadata();
        headers.put(Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER), "nobody");

        CloudEvent answer = client.publisher()
                .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers))
                .publish(message(dressed().subject("orders")));

        assertThat(status(answer)).isEqualTo("20");
    }

    @Test
    void oneWayAnswersNothingButThatItIsStored() {
        assertThat(client.publisher()
                        .publishOneWay(message(dressed().subject("orders").attribute("Odd_Name", "x"))))
                .isEqualTo(Empty.getDefaultInstance());
        assertThat(client.publisher()
                        .batchPublishOneWay(batch(
                                dressed().id("2").subject("orders"),
                                dressed().id("3").subject("news"))))
                .isEqualTo(Empty.getDefaultInstance());

        assertThat(publishedIds()).containsExactly("1", "2", "3");
    }

    @Test
    void oneWayRefusalsAreStatuses() {
        StatusRuntimeException one = catchThrowableOfType(
                StatusRuntimeException.class, () -> client.publisher().publishOneWay(message(dressed())));
        StatusRuntimeException many = catchThrowableOfType(
                StatusRuntimeException.class,
                () -> client.publisher().batchPublishOneWay(batch(dressed().subject("orders"), dressed())));

        assertThat(GrpcTestClient.decoded(one).code()).isEqualTo(ErrorCode.REQUEST_INVALID);
        assertThat(GrpcTestClient.decoded(many).getMessage()).contains("event 1 of the batch");
    }

    @Test
    void aBatchIsPublishedInItsOrderEachEventToItsTopic() {
        CloudEvent answer = client.publisher()
                .batchPublish(batch(
                        dressed().id("a").subject("orders"),
                        dressed().id("b").subject("news").attribute("Odd_Name", "x"),
                        dressed().id("c").subject("orders")));

        assertThat(status(answer)).isEqualTo("0");
        assertThat(said(answer)).isEqualTo("success batch publish success");
        assertThat(publishedIds()).containsExactly("a", "b", "c");
        assertThat(fixture.mesh.published().get(1).outgoing().topic().value()).isEqualTo("news");
    }

    @Test
    void aBadEventOfABatchIsNamedAndDoesNotKeepTheOthersBack() {
        CloudEvent answer = client.publisher()
                .batchPublish(batch(
                        dressed().id("a").subject("orders"),
                        dressed().id("b"),
                        dressed().id("c").subject("news")));

        assertThat(status(answer)).isEqualTo("7");
        assertThat(said(answer))
                .contains("events not taken: 1")
                .contains("event 1 of the batch")
                .contains("subject");
        assertThat(publishedIds()).containsExactly("a", "c");
    }

    @Test
    void aBatchThatIsNoneIsAnswered() {
        assertThat(status(client.publisher().batchPublish(CloudEventBatch.getDefaultInstance())))
                .isEqualTo("7");
        EventMeshException tooMany = catchThrowableOfType(
                EventMeshException.class, () -> Received.batch(many(Received.MAX_BATCH + 1), 1 << 20));
        assertThat(tooMany.getMessage()).contains("10000");
        EventMeshException malformed =
                catchThrowableOfType(EventMeshException.class, () -> Received.batch(new byte[] {10, 100, 1}, 1 << 20));
        assertThat(malformed.code()).isEqualTo(ErrorCode.EVENT_INVALID);
    }

    private static byte[] many(int count) {
        CloudEventBatch.Builder batch = CloudEventBatch.newBuilder();
        for (int i = 0; i < count; i++) {
            batch.addEvents(CloudEvent.getDefaultInstance());
        }
        return batch.build().toByteArray();
    }

    @Test
    void anOverloadedMeshSaysSoToBatches() {
        fixture.mesh.refuseWith(ErrorCode.OVERLOADED);

        assertThat(status(client.publisher().batchPublish(batch(dressed().subject("orders")))))
                .isEqualTo("1");
    }

    @Test
    void aRequestIsAnsweredByItsReplyUnderAnIdThatTheClientNeeds() {
        fixture.mesh.answerRequests(request -> CompletableFuture.completedStage(Event.builder()
                .id("answer")
                .source("/")
                .type("t")
                .text("re: " + new String(request.event().data(), StandardCharsets.UTF_8))
                .build()));

        CloudEvent byNewName = client.publisher().requestReply(message(dressed().subject("ask")));
        CloudEvent byOldName = client.publisher().publishReply(message(dressed().subject("ask")));

        for (CloudEvent reply : List.of(byNewName, byOldName)) {
            assertThat(reply.getTextData()).isEqualTo("re: hello");
            assertThat(text(reply, "uniqueid")).isEqualTo("answer");
        }
        assertThat(fixture.mesh.requested().get(0).timeout()).isEqualTo(Duration.ofSeconds(4));
        assertThat(fixture.mesh.requested().get(0).outgoing().event().parse().toString())
                .doesNotContain("secret");
    }

    @ParameterizedTest
    @CsvSource({"250,250", "0,4000", "soon,4000", "-5,4000", "99999999999,300000"})
    void theTimeToLiveOfARequestIsItsTimeout(String ttl, long expectedMillis) {
        fixture.mesh.answerRequests(request -> CompletableFuture.completedStage(request.event()));

        client.publisher()
                .withDeadlineAfter(1, TimeUnit.HOURS)
                .requestReply(message(dressed().subject("ask").attribute("ttl", ttl)));

        assertThat(fixture.mesh.requested().get(0).timeout()).isEqualTo(Duration.ofMillis(expectedMillis));
    }

    @Test
    void aShorterDeadlineOfTheCallIsTheTimeout() {
        fixture.mesh.answerRequests(request -> CompletableFuture.completedStage(request.event()));

        client.publisher()
                .withDeadlineAfter(2, TimeUnit.SECONDS)
                .requestReply(message(dressed().subject("ask")));

        assertThat(fixture.mesh.requested().get(0).timeout()).isLessThanOrEqualTo(Duration.ofSeconds(2));
    }

    @Test
    void aRequestWithoutAReplyFailsAndIsNotEchoed() {
        StatusRuntimeException late = catchThrowableOfType(
                StatusRuntimeException.class,
                () -> client.publisher().requestReply(message(dressed().subject("ask"))));
        StatusRuntimeException bad = catchThrowableOfType(
                StatusRuntimeException.class, () -> client.publisher().requestReply(message(dressed())));

        assertThat(late.getStatus().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
        assertThat(bad.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    }

    @ParameterizedTest
    @ValueSource(strings = {"Trace_Id", "type"})
    void aRequestMayHaveOddNamesToo(String name) {
        fixture.mesh.answerRequests(request -> CompletableFuture.completedStage(request.event()));

        CloudEvent reply =
                client.publisher().requestReply(message(dressed().subject("ask").attribute(name, "x")));

        assertThat(reply.getAttributesMap().keySet()).allMatch(each -> each.matches("[a-z0-9]+"));
    }
}
