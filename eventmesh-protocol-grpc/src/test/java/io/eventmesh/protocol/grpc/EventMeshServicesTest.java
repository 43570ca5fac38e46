package io.eventmesh.protocol.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.InvalidProtocolBufferException;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.proto.cloudevents.CloudEvent;
import io.eventmesh.proto.cloudevents.CloudEventBatch;
import io.eventmesh.proto.cloudevents.ConsumerServiceGrpc;
import io.eventmesh.proto.cloudevents.HeartbeatServiceGrpc;
import io.eventmesh.proto.cloudevents.PublisherServiceGrpc;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.event.EventBuilder;
import io.eventmesh.testkit.mesh.RecordingMember;
import io.eventmesh.testkit.mesh.RecordingMesh;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class EventMeshServicesTest {
    private static final Duration SOON = Duration.ofSeconds(10);

    private final DoorFixture fixture = new DoorFixture();
    private final List<CloudEvent> came = new CopyOnWriteArrayList<>();
    private volatile boolean ended;

    @AfterEach
    void close() {
        fixture.close();
    }

    /** An event dressed as clients of EventMesh dress it. */
    private static EventBuilder dressed() {
        return Event.builder()
                .id("1")
                .source("/")
                .type("org.apache.eventmesh")
                .attribute("env", "env")
                .attribute("idc", "default")
                .attribute("ip", "10.0.0.1")
                .attribute("pid", "4711")
                .attribute("sys", "sys123")
                .attribute("language", "JAVA")
                .attribute("username", "me")
                .attribute("passwd", "secret")
                .attribute("protocoltype", "eventmeshmessage")
                .attribute("producergroup", "p")
                .attribute("ttl", "4000")
                .attribute("seqnum", "123")
                .attribute("uniqueid", "456")
                .dataContentType("text/plain")
                .text("hello");
    }

    private static CloudEvent message(EventBuilder event) {
        try {
            return CloudEvent.parseFrom(event.build().toByteString());
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalStateException(e);
        }
    }

    private CloudEvent publish(EventBuilder event) {
        return PublisherServiceGrpc.newBlockingStub(fixture.channel).publish(message(event));
    }

    private static String text(CloudEvent event, String attribute) {
        return event.getAttributesOrThrow(attribute).getCeString();
    }

    private StreamObserver<CloudEvent> stream() {
        return ConsumerServiceGrpc.newStub(fixture.channel).subscribeStream(new StreamObserver<>() {
            @Override
            public void onNext(CloudEvent event) {
                came.add(event);
            }

            @Override
            public void onError(Throwable failure) {
                ended = true;
            }

            @Override
            public void onCompleted() {
                ended = true;
            }
        });
    }

    private static CloudEvent subscription(String json) {
        return message(Event.builder()
                .id("s")
                .source("/")
                .type("org.apache.eventmesh")
                .attribute("consumergroup", "billing")
                .attribute("username", "me")
                .attribute("passwd", "secret")
                .dataContentType("application/json")
                .text(json));
    }

    @Test
    void aPublishedEventLosesItsTopicAndCredentialsAndKeepsTheRest() {
        CloudEvent answer = publish(dressed()
                .subject("orders")
                .attribute("token", "t")
                .attribute("meshthing", "x")
                .attribute("dlreason", "y"));

        assertThat(text(answer, "statuscode")).isEqualTo("0");
        assertThat(text(answer, "responsemessage")).startsWith("success");
        assertThat(answer.getAttributesOrThrow("time").hasCeTimestamp()).isTrue();
        RecordingMesh.Published got = fixture.mesh.published().get(0);
        assertThat(got.outgoing().topic().value()).isEqualTo("orders");
        assertThat(got.outgoing().event().parse()).isEqualTo(message(withoutCredentials()));
    }

    private static EventBuilder withoutCredentials() {
        return Event.builder()
                .id("1")
                .source("/")
                .type("org.apache.eventmesh")
                .attribute("env", "env")
                .attribute("idc", "default")
                .attribute("ip", "10.0.0.1")
                .attribute("pid", "4711")
                .attribute("sys", "sys123")
                .attribute("language", "JAVA")
                .attribute("protocoltype", "eventmeshmessage")
                .attribute("producergroup", "p")
                .attribute("ttl", "4000")
                .attribute("seqnum", "123")
                .attribute("uniqueid", "456")
                .dataContentType("text/plain")
                .text("hello");
    }

    @Test
    void aRefusalIsAnAnswerWithItsStatusCode() {
        assertThat(text(publish(dressed()), "statuscode")).isEqualTo("7");
        assertThat(text(publish(dressed().subject("a//b")), "statuscode")).isEqualTo("7");
        fixture.mesh.refuseWith(ErrorCode.OVERLOADED);
        assertThat(text(publish(dressed().subject("orders")), "statuscode")).isEqualTo("1");
        fixture.mesh.refuseWith(ErrorCode.PERMISSION_DENIED);
        CloudEvent denied = publish(dressed().subject("orders"));
        assertThat(text(denied, "statuscode")).isEqualTo("20");
        assertThat(text(denied, "responsemessage")).isEqualTo("PERMISSION_DENIED value: x (expected: y)");
        assertThat(fixture.mesh.published()).isEmpty();
    }

    @Test
    void theSubscriptionIsEchoedWithItsOutcomeButWithoutThePassword() {
        StreamObserver<CloudEvent> stream = stream();

        stream.onNext(
                subscription(
                        "[{\"mode\":\"CLUSTERING\",\"topic\":\"orders\",\"type\":\"ASYNC\"},{\"topic\":\"news\",\"mode\":\"BROADCASTING\"}]"));

        await().atMost(SOON).until(() -> came.size() == 1);
        CloudEvent echo = came.get(0);
        assertThat(text(echo, "statuscode")).isEqualTo("0");
        assertThat(text(echo, "responsemessage")).isEqualTo("subscribe success");
        assertThat(text(echo, "datacontenttype")).isEqualTo("application/json");
        assertThat(echo.getTextData()).startsWith("[{");
        assertThat(echo.containsAttributes("passwd")).isFalse();
        assertThat(fixture.mesh.members()).hasSize(2);
        assertThat(fixture.mesh.members().get(0).terms().group()).isEqualTo("billing");
        assertThat(fixture.mesh.members().get(1).terms().isPassing()).isTrue();
    }

    @Test
    void aRefusedSubscriptionIsAnsweredAndTheStreamLives() {
        StreamObserver<CloudEvent> stream = stream();

        stream.onNext(subscription("{}"));
        await().atMost(SOON).until(() -> came.size() == 1);
        fixture.mesh.refuseWith(ErrorCode.ALREADY_EXISTS);
        stream.onNext(subscription("[{\"topic\":\"orders\"}]"));
        await().atMost(SOON).until(() -> came.size() == 2);
        fixture.mesh.refuseWith(null);
        stream.onNext(subscription("[{\"topic\":\"orders\"}]"));
        await().atMost(SOON).until(() -> came.size() == 3);

        assertThat(came.stream().map(answer -> text(answer, "statuscode"))).containsExactly("7", "17", "0");
        assertThat(ended).isFalse();
    }

    @Test
    void aDeliveredEventCarriesItsTopicAndAnIdThatTheClientNeeds() {
        stream().onNext(subscription("[{\"topic\":\"orders/*\"}]"));
        await().atMost(SOON).until(() -> came.size() == 1);
        RecordingMember member = fixture.mesh.members().get(0);
        await().atMost(SOON).until(() -> member.eventCredit() > 0);

        member.offer("orders/eu", dressed().build());
        member.offer(
                "orders/us",
                Event.builder()
                        .id("bare")
                        .source("/")
                        .type("t")
                        .subject("own")
                        .text("x")
                        .build());

        await().atMost(SOON).until(() -> came.size() == 3);
        assertThat(text(came.get(1), "subject")).isEqualTo("orders/eu");
        assertThat(text(came.get(1), "seqnum")).isEqualTo("123");
        assertThat(came.get(1).getTextData()).isEqualTo("hello");
        assertThat(text(came.get(2), "subject")).isEqualTo("orders/us");
        assertThat(text(came.get(2), "meshsubject")).isEqualTo("own");
        assertThat(text(came.get(2), "uniqueid")).isEqualTo("bare");
    }

    @Test
    void anEventIsDoneWhenAMebibyteMoreWasWritten() {
        stream().onNext(subscription("[{\"topic\":\"orders\"}]"));
        await().atMost(SOON).until(() -> came.size() == 1);
        RecordingMember member = fixture.mesh.members().get(0);
        Event large = dressed().data(new byte[300_000]).build();

        for (int i = 0; i < 5; i++) {
            await().atMost(SOON).until(() -> member.offer("orders", large));
        }

        await().atMost(Duration.ofSeconds(1)).until(() -> member.acked().equals(List.of(0L)));
    }

    @Test
    void smallEventsAreDoneByTheirNumberSoThatTheyDoNotFillTheWindowOfTheirGroup() {
        stream().onNext(subscription("[{\"topic\":\"orders\"}]"));
        await().atMost(SOON).until(() -> came.size() == 1);
        RecordingMember member = fixture.mesh.members().get(0);
        Event small = Event.builder().id("1").source("/").type("t").text("x").build();

        for (int i = 0; i < UnackedTail.DONE_AFTER_EVENTS + 1; i++) {
            if (!member.offer("orders", small)) {
                await().atMost(SOON).until(() -> member.offer("orders", small));
            }
        }

        await().atMost(Duration.ofSeconds(1)).until(() -> member.acked().equals(List.of(0L)));
    }

    @Test
    void anEventIsDoneTwoSecondsLaterAndNotWhenTheStreamBreaksBefore() {
        StreamObserver<CloudEvent> stream = stream();
        stream.onNext(subscription("[{\"topic\":\"orders\"}]"));
        await().atMost(SOON).until(() -> came.size() == 1);
        RecordingMember member = fixture.mesh.members().get(0);
        await().atMost(SOON).until(() -> member.offer("orders", dressed().build()));

        await().atMost(SOON).until(() -> came.size() == 2);
        assertThat(member.acked()).isEmpty();
        await().atMost(Duration.ofSeconds(4)).until(() -> member.acked().equals(List.of(0L)));

        member.offer("orders", dressed().build());
        await().atMost(SOON).until(() -> came.size() == 3);
        fixture.channel.shutdownNow();
        await().atMost(SOON).until(member::isClosed);
        assertThat(member.acked()).containsExactly(0L);
    }
}
