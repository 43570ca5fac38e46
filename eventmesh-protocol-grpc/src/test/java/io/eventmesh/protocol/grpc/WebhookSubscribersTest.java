package io.eventmesh.protocol.grpc;

import static io.eventmesh.protocol.grpc.EventMeshClient.items;
import static io.eventmesh.protocol.grpc.EventMeshClient.said;
import static io.eventmesh.protocol.grpc.EventMeshClient.status;
import static io.eventmesh.protocol.grpc.EventMeshClient.subscription;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.proto.cloudevents.CloudEvent;
import io.eventmesh.spi.event.EventBuilder;
import io.eventmesh.spi.mesh.Mode;
import io.eventmesh.spi.storage.DeliveryTerms;
import io.eventmesh.spi.target.Outcome;
import io.eventmesh.testkit.ManualTime;
import io.eventmesh.testkit.mesh.RecordingMember;
import io.eventmesh.testkit.mesh.RecordingMesh;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Subscribers to whom events are posted; the door's session expiry is 1 s here. */
class WebhookSubscribersTest {
    private static final Duration SOON = Duration.ofSeconds(10);
    private static final String URL = "http://example.com/a";
    private static final String OTHER_URL = "https://example.com/b";

    private final ManualTime time = new ManualTime();
    private final DoorFixture fixture = new DoorFixture(time);
    private final EventMeshClient client = new EventMeshClient(fixture.channel);

    @AfterEach
    void close() {
        fixture.close();
    }

    private static EventBuilder hook(String url, String mode, String... topics) {
        return subscription(items(mode, topics)).attribute("url", url);
    }

    private static EventBuilder heartbeat(String url, String topic) {
        return subscription("[{\"topic\":\"%s\",\"url\":\"%s\"}]".formatted(topic, url));
    }

    private RecordingMember member(int index) {
        return fixture.mesh.deliveredTo().get(index).member();
    }

    @Test
    void eachTopicIsPostedToTheUrlInTheFormOfEventMesh() {
        CloudEvent answer = client.subscribe(hook(URL, "CLUSTERING", "orders", "news"));

        assertThat(status(answer)).isEqualTo("0");
        assertThat(said(answer)).isEqualTo("success subscribe success");
        List<RecordingMesh.DeliveredTo> all = fixture.mesh.deliveredTo();
        assertThat(all).hasSize(2);
        assertThat(all.get(0).destination().kind()).isEqualTo("webhook");
        assertThat(all.get(0).destination().spec())
                .isEqualTo("{\"url\":\"" + URL + "\",\"format\":\"eventmesh\",\"call\":\"async\"}");
        assertThat(member(0).terms().group()).isEqualTo("billing");
        assertThat(member(0).terms().mode()).isEqualTo(Mode.CLUSTERING);
        assertThat(member(0).terms().delivery()).isEqualTo(DeliveryTerms.DEFAULT);
        assertThat(member(0).context().deadlineNanos()).as("outlives its call").isZero();
    }

    @Test
    void aSynchronousSubscriptionIsToldToItsWebhook() {
        client.subscribe(subscription("[{\"topic\":\"a\",\"mode\":\"CLUSTERING\",\"type\":\"SYNC\"}]")
                .attribute("url", URL));

        assertThat(fixture.mesh.deliveredTo().get(0).destination().spec()).contains("\"call\":\"sync\"");
    }

    @Test
    void eachUrlIsAMemberOfItsGroupAndBroadcastingPassesWithIt() {
        client.subscribe(hook(URL, "CLUSTERING", "orders"));
        client.subscribe(hook(OTHER_URL, "CLUSTERING", "orders"));
        client.subscribe(hook(URL, "BROADCASTING", "orders"));

        assertThat(fixture.mesh.deliveredTo()).hasSize(3);
        assertThat(member(2).terms().isPassing()).isTrue();
    }

    @Test
    void aUrlThatSeveralProcessesNameIsOneMemberAndStaysWithTheLastOfThem() {
        client.subscribe(hook(URL, "BROADCASTING", "orders"));
        client.subscribe(hook(URL, "BROADCASTING", "orders"));
        client.subscribe(hook(URL, "BROADCASTING", "orders").attribute("pid", "2"));
        assertThat(fixture.mesh.deliveredTo()).hasSize(1);

        client.unsubscribe(hook(URL, "BROADCASTING", "orders"));
        assertThat(member(0).isClosed()).isFalse();
        client.unsubscribe(hook(URL, "BROADCASTING", "orders").attribute("pid", "2"));
        assertThat(member(0).isClosed()).isTrue();
    }

    @Test
    void whatIsUnsubscribedLeavesAndTheOthersStay() {
        client.subscribe(hook(URL, "CLUSTERING", "a", "b"));
        client.subscribe(hook(OTHER_URL, "CLUSTERING", "a"));

        CloudEvent answer = client.unsubscribe(hook(URL, "CLUSTERING", "a"));

        assertThat(status(answer)).isEqualTo("0");
        assertThat(fixture.mesh.deliveredTo().stream().map(each -> each.member().isClosed()))
                .containsExactly(true, false, false);
        assertThat(status(client.unsubscribe(hook(URL, "CLUSTERING", "never")))).isEqualTo("0");
    }

    @Test
    void badSubscriptionsAreAnswered() {
        assertThat(status(client.subscribe(subscription(items("CLUSTERING", "a")))))
                .as("no url")
                .isEqualTo("7");
        assertThat(status(client.subscribe(hook("ftp://x", "CLUSTERING", "a")))).isEqualTo("7");
        assertThat(status(client.subscribe(subscription("[]").attribute("url", URL))))
                .isEqualTo("7");
        assertThat(status(client.subscribe(hook(URL, "CLUSTERING", "a//b")))).isEqualTo("7");
        assertThat(status(client.subscribe(hook(URL, "CLUSTERING", "a").attribute("consumergroup", ""))))
                .isEqualTo("7");
        assertThat(status(client.subscribe(
                        hook(URL, "CLUSTERING", "a").attribute("ip", "").attribute("pid", ""))))
                .isEqualTo("6");
        fixture.mesh.refuseWith(ErrorCode.RULE_INVALID);
        assertThat(status(client.subscribe(hook(URL, "CLUSTERING", "a")))).isEqualTo("7");
        fixture.mesh.refuseWith(ErrorCode.STORAGE_UNAVAILABLE);
        assertThat(status(client.subscribe(hook(URL, "CLUSTERING", "a")))).isEqualTo("17");
        assertThat(fixture.mesh.deliveredTo()).isEmpty();
    }

    @Test
    void whatWasRefusedOnceMayBeSubscribedLater() {
        fixture.mesh.refuseWith(ErrorCode.OVERLOADED);
        assertThat(status(client.subscribe(hook(URL, "CLUSTERING", "a")))).isEqualTo("1");
        fixture.mesh.refuseWith(null);

        assertThat(status(client.subscribe(hook(URL, "CLUSTERING", "a")))).isEqualTo("0");
    }

    @Test
    void heartbeatsKeepAClientAndSilenceEndsIt() {
        client.subscribe(hook(URL, "CLUSTERING", "a"));
        for (int i = 0; i < 8; i++) {
            time.advance(Duration.ofMillis(400));
            assertThat(status(client.heartbeat(heartbeat(URL, "a")))).isEqualTo("0");
        }

        await().atMost(SOON).pollInterval(Duration.ofMillis(5)).until(() -> {
            time.advance(Duration.ofMillis(100));
            return member(0).isClosed();
        });
        assertThat(status(client.heartbeat(heartbeat(URL, "a")))).isEqualTo("30");
        client.subscribe(hook(URL, "CLUSTERING", "a"));
        assertThat(status(client.heartbeat(heartbeat(URL, "a")))).isEqualTo("0");
        assertThat(fixture.mesh.deliveredTo()).hasSize(2);
    }

    @Test
    void aClientThatExpiresTakesNoOtherWithIt() {
        client.subscribe(hook(URL, "CLUSTERING", "a"));
        client.subscribe(hook(OTHER_URL, "CLUSTERING", "a").attribute("pid", "2"));

        await().atMost(SOON).pollInterval(Duration.ofMillis(5)).until(() -> {
            client.heartbeat(heartbeat(OTHER_URL, "a").attribute("pid", "2"));
            time.advance(Duration.ofMillis(100));
            return member(0).isClosed();
        });

        assertThat(member(1).isClosed()).isFalse();
    }

    @Test
    void aHeartbeatForWhatIsNotSubscribedAsksForItAgain() {
        assertThat(status(client.heartbeat(heartbeat(URL, "a")))).isEqualTo("30");
        client.subscribe(hook(URL, "CLUSTERING", "a"));

        assertThat(status(client.heartbeat(heartbeat(OTHER_URL, "a")))).isEqualTo("30");
        assertThat(status(client.heartbeat(heartbeat(URL, "b")))).isEqualTo("30");
        assertThat(status(client.heartbeat(heartbeat(URL, "a").attribute("pid", "2"))))
                .isEqualTo("30");
        assertThat(said(client.heartbeat(heartbeat(URL, "b")))).contains("subscribe again");
    }

    @Test
    void aWebhookThatWantsNothingMoreIsForgotten() {
        client.subscribe(hook(URL, "CLUSTERING", "a"));

        fixture.mesh.deliveredTo().get(0).onStopped().accept(new Outcome.Stop(ErrorCode.DELIVERY_FAILED, "gone"));

        assertThat(status(client.heartbeat(heartbeat(URL, "a")))).isEqualTo("30");
    }

    @Test
    void aWebhookMayBeSubscribedAgainOverTheStream() {
        EventMeshClient.Stream stream = client.stream().send(hook(URL, "CLUSTERING", "a"));

        assertThat(status(stream.await(1))).isEqualTo("0");
        assertThat(fixture.mesh.deliveredTo()).hasSize(1);
        assertThat(status(client.heartbeat(heartbeat(URL, "a")))).isEqualTo("0");
    }

    @Test
    void aDoorThatClosesTakesItsWebhooksWithIt() {
        client.subscribe(hook(URL, "CLUSTERING", "a"));

        fixture.door.close();

        assertThat(member(0).isClosed()).isTrue();
    }

    @Test
    void aGroupOfTheOtherKindKeepsItsTerms() {
        List<DeliveryTerms> tried = new ArrayList<>();

        var refused = ClientTerms.attach(ClientTerms.STREAM, terms -> {
                    tried.add(terms);
                    return CompletableFuture.failedStage(new CompletionException(
                            new EventMeshException(ErrorCode.ALREADY_EXISTS, "group: x (expected: y)")));
                })
                .toCompletableFuture();

        assertThat(tried).containsExactly(ClientTerms.STREAM, ClientTerms.WEBHOOK);
        assertThat(refused).isCompletedExceptionally();
    }
}
