package io.eventmesh.protocol.grpc;

import static io.eventmesh.protocol.grpc.EventMeshClient.dressed;
import static io.eventmesh.protocol.grpc.EventMeshClient.items;
import static io.eventmesh.protocol.grpc.EventMeshClient.said;
import static io.eventmesh.protocol.grpc.EventMeshClient.status;
import static io.eventmesh.protocol.grpc.EventMeshClient.subscription;
import static io.eventmesh.protocol.grpc.EventMeshClient.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.proto.cloudevents.CloudEvent;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.event.EventBuilder;
import io.eventmesh.spi.mesh.Mode;
import io.eventmesh.testkit.ManualTime;
import io.eventmesh.testkit.mesh.RecordingMember;
import io.eventmesh.testkit.mesh.RecordingMesh;
import java.time.Duration;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a client's stream is sent, by the rules of EventMesh's wire. */
class ConsumerStreamTest {
    private static final Duration SOON = Duration.ofSeconds(10);

    private final ManualTime time = new ManualTime();
    private final DoorFixture fixture = new DoorFixture(time);
    private final EventMeshClient client = new EventMeshClient(fixture.channel);

    @AfterEach
    void close() {
        fixture.close();
    }

    private EventMeshClient.Stream subscribed(String json) {
        EventMeshClient.Stream stream = client.stream().send(subscription(json));
        assertThat(status(stream.await(1))).isEqualTo("0");
        return stream;
    }

    private RecordingMember member(int index) {
        RecordingMember member = fixture.mesh.members().get(index);
        await().atMost(SOON).until(() -> member.eventCredit() > 0);
        return member;
    }

    /** Moves time on in small steps until the condition holds. */
    private void awaitPassing(BooleanSupplier condition) {
        await().atMost(SOON).pollInterval(Duration.ofMillis(5)).until(() -> {
            time.advance(Duration.ofMillis(100));
            return condition.getAsBoolean();
        });
    }

    @Test
    void aSubscriptionIsEchoedWithItsOutcomeButWithoutCredentials() {
        String json = "[{\"mode\":\"CLUSTERING\",\"topic\":\"orders\",\"type\":\"ASYNC\"},"
                + "{\"topic\":\"news\",\"mode\":\"BROADCASTING\",\"type\":\"ASYNC\"}]";

        CloudEvent echo = subscribed(json).await(1);

        assertThat(said(echo)).isEqualTo("subscribe success");
        assertThat(text(echo, "datacontenttype")).isEqualTo("application/json");
        assertThat(echo.getAttributesOrThrow("time").hasCeTimestamp()).isTrue();
        assertThat(echo.getTextData()).isEqualTo(json);
        assertThat(echo.getAttributesMap()).doesNotContainKeys("username", "passwd", "seqnum", "uniqueid");
        List<RecordingMember> members = fixture.mesh.members();
        assertThat(members).hasSize(2);
        assertThat(members.get(0).terms().group()).isEqualTo("billing");
        assertThat(members.get(0).terms().mode()).isEqualTo(Mode.CLUSTERING);
        assertThat(members.get(1).terms().mode()).isEqualTo(Mode.BROADCASTING);
        assertThat(members.get(1).terms().isPassing()).isTrue();
    }

    @Test
    void anEchoIsNeverTakenForAnEventOfATopic() {
        CloudEvent echo = client.stream()
                .send(subscription(items("CLUSTERING", "orders"))
                        .attribute("seqnum", "1")
                        .attribute("uniqueid", "2"))
                .await(1);

        assertThat(echo.getAttributesMap()).doesNotContainKeys("seqnum", "uniqueid");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "",
                "[]",
                "not json",
                "[{\"topic\":\"\"}]",
                "[{\"mode\":\"CLUSTERING\"}]",
                "[{\"topic\":\"a//b\"}]",
                "[{\"topic\":\"a\",\"mode\":\"SOMEHOW\"}]",
                "[{\"topic\":\"a\"}",
                "[1]"
            })
    void aSubscriptionThatIsNotUnderstoodIsAnsweredInAFormThatTheClientReads(String json) {
        EventMeshClient.Stream stream = client.stream().send(subscription(json));

        CloudEvent answer = stream.await(1);

        assertThat(status(answer)).isEqualTo("7");
        assertThat(answer.getTextData()).startsWith("[");
        assertThat(text(answer, "datacontenttype")).isEqualTo("application/json");
        stream.send(subscription(items("CLUSTERING", "orders")));
        assertThat(status(stream.await(2))).isEqualTo("0");
        assertThat(stream.isEnded()).isFalse();
    }

    @Test
    void aRefusedSubscriptionIsAnsweredAndTheStreamLives() {
        EventMeshClient.Stream stream = client.stream();
        int sent = 0;
        for (ErrorCode code : List.of(
                ErrorCode.STORAGE_UNAVAILABLE,
                ErrorCode.PERMISSION_DENIED,
                ErrorCode.OVERLOADED,
                ErrorCode.QUOTA_EXCEEDED)) {
            fixture.mesh.refuseWith(code);
            stream.send(subscription(items("CLUSTERING", "orders"))).await(++sent);
        }
        fixture.mesh.refuseWith(null);
        stream.send(subscription(items("CLUSTERING", "orders"))).await(++sent);

        assertThat(stream.came().stream().map(EventMeshClient::status)).containsExactly("17", "20", "1", "21", "0");
        assertThat(stream.isEnded()).isFalse();
    }

    @Test
    void aClusteringSubscriptionNeedsAGroupAndABroadcastingOneDoesNot() {
        EventMeshClient.Stream stream = client.stream();
        stream.send(subscription(items("CLUSTERING", "a")).attribute("consumergroup", ""));
        assertThat(status(stream.await(1))).isEqualTo("7");

        stream.send(subscription(items("BROADCASTING", "a")).attribute("consumergroup", ""));
        assertThat(status(stream.await(2))).isEqualTo("0");
    }

    @Test
    void oneStreamTakesManySubscriptionsAndEachTopicOnce() {
        EventMeshClient.Stream stream = subscribed(items("CLUSTERING", "a", "b"));
        stream.send(subscription(items("CLUSTERING", "b", "c")));
        // as a client subscribes again after code 30
        stream.send(subscription(items("CLUSTERING", "a", "b", "c")).attribute("url", "grpc_stream"));
        stream.await(3);

        assertThat(fixture.mesh.members().stream()
                        .map(member -> member.terms().pattern().value()))
                .containsExactly("a", "b", "c");
        assertThat(stream.came().stream().map(EventMeshClient::status)).containsOnly("0");
    }

    @Test
    void aDeliveredEventCarriesItsTopicAndAnIdThatTheClientNeeds() {
        EventMeshClient.Stream stream = subscribed(items("CLUSTERING", "orders/*"));
        RecordingMember member = member(0);

        member.offer("orders/eu", dressed().build());
        member.offer("orders/us", bare("own").subject("own").build());
        member.offer("orders/us", bare("int").attribute("seqnum", 7).build());
        member.offer("orders/us", bare("short").attribute("uniqueid", "u-1").build());

        assertThat(text(stream.await(2), "subject")).isEqualTo("orders/eu");
        assertThat(text(stream.await(2), "seqnum")).startsWith("1234");
        assertThat(stream.await(2).getTextData()).isEqualTo("hello");
        assertThat(text(stream.await(3), "subject")).isEqualTo("orders/us");
        assertThat(text(stream.await(3), "meshsubject")).isEqualTo("own");
        assertThat(text(stream.await(3), "uniqueid")).isEqualTo("own");
        assertThat(text(stream.await(4), "uniqueid")).isEqualTo("int");
        assertThat(text(stream.await(5), "uniqueid")).isEqualTo("u-1");
    }

    private static EventBuilder bare(String id) {
        return Event.builder().id(id).source("/").type("t").text("x");
    }

    @Test
    void aReplyOnTheStreamAnswersItsRequest() {
        EventMeshClient.Stream stream = subscribed(items("CLUSTERING", "ask"));
        stream.send(dressed().attribute("submessagetype", "subscription_reply"));
        stream.send(dressed()
                .id("r")
                .subject("ask")
                .attribute("meshreplyto", "runtime-1/1")
                .attribute("submessagetype", "subscription_reply")
                .attribute("Odd_Name", "x"));

        await().atMost(SOON).until(() -> fixture.mesh.replied().size() == 1);
        RecordingMesh.Replied replied = fixture.mesh.replied().get(0);
        assertThat(replied.replyTo()).isEqualTo("runtime-1/1");
        assertThat(replied.reply().id()).isEqualTo("r");
        assertThat(replied.reply().parse().toString()).doesNotContain("secret").doesNotContain("meshreplyto");
        replied.reply().requirePublishable();
        assertThat(stream.came()).as("replies are not answered").hasSize(1);
    }

    @Test
    void aReplyThatNobodyWaitsForEndsNothing() {
        EventMeshClient.Stream stream = subscribed(items("CLUSTERING", "ask"));
        fixture.mesh.refuseWith(ErrorCode.NOT_FOUND);
        stream.send(
                dressed().attribute("meshreplyto", "runtime-1/1").attribute("submessagetype", "subscription_reply"));
        stream.send(subscription("[]"));

        assertThat(status(stream.await(2))).isEqualTo("7");
        assertThat(stream.isEnded()).isFalse();
    }

    @Test
    void anEventIsDoneWhenAMebibyteMoreWasWritten() {
        subscribed(items("CLUSTERING", "orders"));
        RecordingMember member = member(0);
        Event large = dressed().data(new byte[300_000]).build();

        for (int i = 0; i < 5; i++) {
            await().atMost(SOON).until(() -> member.offer("orders", large));
        }

        await().atMost(SOON).until(() -> member.acked().equals(List.of(0L)));
    }

    @Test
    void smallEventsAreDoneByTheirNumberSoThatTheyDoNotFillTheWindowOfTheirGroup() {
        subscribed(items("CLUSTERING", "orders"));
        RecordingMember member = member(0);
        Event small = bare("1").build();

        for (int i = 0; i < UnackedTail.DONE_AFTER_EVENTS + 1; i++) {
            if (!member.offer("orders", small)) {
                await().atMost(SOON).until(() -> member.offer("orders", small));
            }
        }

        await().atMost(SOON).until(() -> member.acked().equals(List.of(0L)));
    }

    @Test
    void anEventIsDoneTwoSecondsLaterAndNotWhenTheStreamBreaksBefore() {
        EventMeshClient.Stream stream = subscribed(items("CLUSTERING", "orders"));
        RecordingMember member = member(0);
        member.offer("orders", dressed().build());
        stream.await(2);

        long written = time.millis();
        awaitPassing(() -> !member.acked().isEmpty());
        assertThat(member.acked()).containsExactly(0L);
        assertThat(time.millis() - written).isGreaterThanOrEqualTo(UnackedTail.DONE_AFTER.toMillis());

        member.offer("orders", dressed().build());
        stream.await(3);
        stream.cancel();
        await().atMost(SOON).until(member::isClosed);
        assertThat(member.acked()).containsExactly(0L);
    }

    @Test
    void unsubscribingLeavesTheStreamOpenAndWhatWasWrittenItsTime() {
        EventMeshClient.Stream stream = subscribed(items("CLUSTERING", "a", "b"));
        RecordingMember a = member(0);
        RecordingMember b = member(1);
        a.offer("a", dressed().build());
        stream.await(2);

        CloudEvent answer = client.unsubscribe(subscription(items("CLUSTERING", "a")));

        assertThat(status(answer)).isEqualTo("0");
        assertThat(said(answer)).isEqualTo("success unsubscribe success");
        assertThat(a.isClosed()).as("what was written may still turn out lost").isFalse();
        a.offer("a", dressed().build());
        b.offer("b", dressed().build());
        assertThat(text(stream.await(3), "subject")).isEqualTo("b");
        awaitPassing(a::isClosed);
        assertThat(a.acked()).as("the one that was written").containsExactly(0L);
        assertThat(b.isClosed()).isFalse();
        assertThat(stream.isEnded()).isFalse();

        stream.send(subscription(items("CLUSTERING", "a")));
        stream.await(4);
        assertThat(fixture.mesh.members()).hasSize(3);
    }

    @Test
    void unsubscribingWhatIsNotSubscribedIsNoFailure() {
        assertThat(status(client.unsubscribe(subscription(items("CLUSTERING", "never")))))
                .isEqualTo("0");
        assertThat(status(client.unsubscribe(subscription("[]")))).isEqualTo("7");
        assertThat(status(client.unsubscribe(subscription("nothing")))).isEqualTo("7");
    }

    @Test
    void aHeartbeatSaysWhetherTheStreamHasItsTopics() {
        EventMeshClient.Stream stream = subscribed(items("CLUSTERING", "a", "b"));
        String both = "[{\"topic\":\"a\",\"url\":\"grpc_stream\"},{\"topic\":\"b\",\"url\":\"grpc_stream\"}]";

        CloudEvent healthy = client.heartbeat(subscription(both));
        assertThat(status(healthy)).isEqualTo("0");
        assertThat(said(healthy)).isEqualTo("success heartbeat success");

        fixture.mesh.members().get(1).end(new EventMeshException(ErrorCode.NOT_FOUND, "subscription: deleted"));
        await().atMost(SOON)
                .until(() -> status(client.heartbeat(subscription(both))).equals("30"));
        assertThat(stream.isEnded()).isFalse();

        stream.send(subscription(items("CLUSTERING", "a", "b")).attribute("url", "grpc_stream"));
        stream.await(2);
        assertThat(status(client.heartbeat(subscription(both)))).isEqualTo("0");
        assertThat(fixture.mesh.members()).hasSize(3);
    }

    @Test
    void twoConsumersOfOneProcessAreToldApartByTheirConnections() {
        EventMeshClient.Stream stream = subscribed(items("CLUSTERING", "a"));
        var second = GrpcTestClient.channel(fixture.door.address());
        try {
            EventMeshClient other = new EventMeshClient(second);
            EventMeshClient.Stream otherStream = other.stream().send(subscription(items("CLUSTERING", "a")));
            otherStream.await(1);
            RecordingMember first = member(0);
            RecordingMember leaving = member(1);

            assertThat(status(other.unsubscribe(subscription(items("CLUSTERING", "a")))))
                    .isEqualTo("0");

            await().atMost(SOON).until(leaving::isClosed);
            assertThat(first.isClosed()).isFalse();
            assertThat(stream.isEnded()).isFalse();
        } finally {
            second.shutdownNow();
        }
    }

    @Test
    void aClientThatSaysItIsDoneLeaves() {
        EventMeshClient.Stream stream = subscribed(items("CLUSTERING", "a"));

        stream.halfClose();

        await().atMost(SOON).until(() -> stream.isEnded() && member0Closed());
    }

    private boolean member0Closed() {
        return fixture.mesh.members().get(0).isClosed();
    }

    @Test
    void aDoorThatClosesGivesWhatWasWrittenItsTime() {
        try (DoorFixture real = new DoorFixture()) {
            EventMeshClient.Stream stream =
                    new EventMeshClient(real.channel).stream().send(subscription(items("CLUSTERING", "a")));
            stream.await(1);
            RecordingMember member = real.mesh.members().get(0);
            await().atMost(SOON).until(() -> member.offer("a", dressed().build()));
            stream.await(2);

            real.door.close();

            assertThat(member.acked()).containsExactly(0L);
            assertThat(member.isClosed()).isTrue();
        }
    }

    @Test
    void eventsOfOneKeyDoNotWaitForOneAnother() {
        subscribed(items("CLUSTERING", "a"));

        assertThat(fixture.mesh.members().get(0).terms().delivery().ordered()).isFalse();
    }
}
