package io.eventmesh.sdk.remote;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.eventmesh.common.config.DataSize;
import io.eventmesh.common.config.Secret;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.common.topic.TopicName;
import io.eventmesh.common.topic.TopicPattern;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.mesh.CallContext;
import io.eventmesh.spi.mesh.Mode;
import io.eventmesh.spi.mesh.Outgoing;
import io.eventmesh.spi.mesh.SubscribeTerms;
import io.eventmesh.spi.storage.DeliveryTerms;
import io.eventmesh.spi.storage.Position;
import io.eventmesh.spi.storage.RetryPolicy;
import io.eventmesh.spi.storage.Start;
import io.eventmesh.spi.target.Destination;
import io.eventmesh.testkit.mesh.RecordingReceiver;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RemoteCallsTest extends RemoteFixture {
    private static final CallContext CALLER = RemoteFixture.CALLER.inNamespace("shop");
    private static final DeliveryTerms DELIVERY = new DeliveryTerms(
            new RetryPolicy(7, Duration.ofMillis(10), 3, Duration.ofSeconds(1)),
            Duration.ofSeconds(9),
            false,
            "[{\"sql\":\"TRUE\"}]",
            new Destination("webhook", "{\"url\":\"http://h/\"}"));

    private static SubscribeTerms terms(Start start, Mode mode, DeliveryTerms delivery) {
        return new SubscribeTerms("billing", TopicPattern.of("orders/>"), mode, start, delivery, "me");
    }

    @Test
    void aRequestComesBackWithItsReply() throws Exception {
        TestRuntime runtime = runtime("a");
        runtime.mesh.answerRequests(request ->
                CompletableFuture.completedFuture(event("re-" + request.event().id())));
        RemoteMesh mesh = mesh();
        CompletionStage<Event> reply = mesh.request(CALLER, outgoing("1"), Duration.ofSeconds(5));

        discovery.tell(runtime.endpoint());

        assertThat(now(reply).id()).isEqualTo("re-1");
        assertThat(runtime.mesh.published().get(0).context().namespace()).isEqualTo("shop");
        assertThat(runtime.mesh.published().get(0).outgoing().topic().value()).isEqualTo("orders/eu");
    }

    @Test
    void aRequestThatNobodyAnswersEndsInTimeWithTheMeshsOwnWords() throws Exception {
        TestRuntime runtime = runtime("a");
        RemoteMesh mesh = mesh();
        discovery.tell(runtime.endpoint());

        EventMeshException late = refusal(mesh.request(CALLER, outgoing("1"), Duration.ofSeconds(5)));

        assertThat(late.code()).isEqualTo(ErrorCode.DEADLINE_EXCEEDED);
        assertThat(late.reason()).isEqualTo("no reply");
        assertThat(late.endpoint()).isEqualTo(runtime.endpoint().grpc());
    }

    @Test
    void aRequestWithoutAnyRuntimeEndsInTimeToo() throws Exception {
        EventMeshException late = refusal(mesh().request(CALLER, outgoing("1"), Duration.ofMillis(100)));

        assertThat(late.code()).isEqualTo(ErrorCode.DEADLINE_EXCEEDED);
        assertThat(late.endpoint()).isEmpty();
        assertThat(late.suggestion()).isNotEmpty();
    }

    @Test
    void aRequestWhoseRuntimeIsLostIsMadeAgainAtTheOther() throws Exception {
        TestRuntime first = runtime("a");
        TestRuntime second = runtime("b");
        first.mesh.answerRequests(request -> new CompletableFuture<>());
        second.mesh.answerRequests(request -> CompletableFuture.completedFuture(event("from-b")));
        RemoteMesh mesh = mesh();
        discovery.tell(first.endpoint());
        CompletionStage<Event> reply = mesh.request(CALLER, outgoing("1"), Duration.ofSeconds(10));
        await().atMost(SOON).until(() -> first.mesh.published().size() == 1);
        discovery.tell(first.endpoint(), second.endpoint());

        first.close();

        assertThat(now(reply).id()).isEqualTo("from-b");
        assertThat(second.mesh.published().get(0).outgoing().event().id()).isEqualTo("1");
    }

    @Test
    void aReplyReachesTheMesh() throws Exception {
        TestRuntime runtime = runtime("a");
        RemoteMesh mesh = mesh();
        discovery.tell(runtime.endpoint());

        now(mesh.reply(CALLER, "r/1", event("2")));

        assertThat(runtime.mesh.replied()).hasSize(1);
        assertThat(runtime.mesh.replied().get(0).replyTo()).isEqualTo("r/1");
        assertThat(runtime.mesh.replied().get(0).reply().id()).isEqualTo("2");
    }

    @Test
    void aSubscriptionIsPutWithItsDestinationAndDeleted() throws Exception {
        TestRuntime runtime = runtime("a");
        RemoteMesh mesh = mesh();
        discovery.tell(runtime.endpoint());
        SubscribeTerms terms = terms(Start.earliest(), Mode.CLUSTERING, DELIVERY);
        SubscriptionName name = new SubscriptionName("shop", "billing", TopicPattern.of("orders/>"));

        assertThat(now(mesh.putSubscription(CALLER, terms))).isTrue();
        assertThat(now(mesh.putSubscription(CALLER, terms))).isFalse();

        assertThat(Objects.requireNonNull(runtime.mesh.puts().get(name)).terms())
                .isEqualTo(terms);
        assertThat(now(mesh.deleteSubscription(CALLER, name))).isTrue();
        assertThat(now(mesh.deleteSubscription(CALLER, name))).isFalse();
    }

    @Test
    void onlyARuntimeDeliversByItself() throws Exception {
        EventMeshException refused = refusal(mesh().deliverTo(
                        CALLER,
                        terms(Start.latest(), Mode.CLUSTERING, DeliveryTerms.DEFAULT),
                        new Destination("webhook", "{}"),
                        stop -> {}));

        assertThat(refused.code()).isEqualTo(ErrorCode.NOT_SUPPORTED);
        assertThat(refused.reason()).contains("putSubscription");
    }

    @Test
    void everyTermOfAMemberTravels() throws Exception {
        TestRuntime runtime = runtime("a");
        RemoteMesh mesh = mesh();
        discovery.tell(runtime.endpoint());
        SubscribeTerms terms =
                terms(new Start.AtTime(Instant.ofEpochMilli(5)), Mode.BROADCASTING, DELIVERY.withDestination(null));

        now(mesh.subscribe(CALLER, terms, new RecordingReceiver()));

        assertThat(runtime.mesh.members().get(0).terms()).isEqualTo(terms);
    }

    @Test
    void aDelayedEventTravelsWithItsTime() throws Exception {
        TestRuntime runtime = runtime("a");
        RemoteMesh mesh = mesh();
        discovery.tell(runtime.endpoint());

        now(mesh.publish(CALLER, outgoing("1").notBefore(1_700_000_000_000L)));

        assertThat(runtime.mesh.published().get(0).outgoing().notBeforeMillis()).isEqualTo(1_700_000_000_000L);
    }

    @Test
    void theTokenOfTheMomentTravelsAndItsAbsenceIsSaid() throws Exception {
        TestRuntime runtime = runtime("a");
        discovery.tell(runtime.endpoint());
        AtomicInteger asked = new AtomicInteger();
        RemoteMesh mesh = mesh(RemoteOptions.defaults().toBuilder()
                .token(() -> Secret.of("t" + asked.incrementAndGet()))
                .build());
        RemoteMesh without = mesh(RemoteOptions.defaults().toBuilder()
                .token(() -> {
                    throw new IllegalStateException("vault is away");
                })
                .build());

        now(mesh.reply(CALLER, "r/1", event("1")));
        now(mesh.reply(CALLER, "r/1", event("2")));

        assertThat(runtime.mesh.replied().stream()
                        .map(r -> r.context().principal().name()))
                .containsExactly("Bearer t1", "Bearer t2");
        assertThat(refusal(without.reply(CALLER, "r/1", event("3"))).code()).isEqualTo(ErrorCode.UNAUTHENTICATED);
        assertThat(refusal(without.publish(CALLER, outgoing("3"))).code()).isEqualTo(ErrorCode.UNAUTHENTICATED);
        assertThat(refusal(without.subscribe(
                                CALLER,
                                terms(Start.latest(), Mode.CLUSTERING, DeliveryTerms.DEFAULT),
                                new RecordingReceiver()))
                        .code())
                .isEqualTo(ErrorCode.UNAUTHENTICATED);
    }

    @Test
    void aRefusalNamesItsEndpointAndWhenToComeBack() throws Exception {
        TestRuntime runtime = runtime("a");
        RemoteMesh mesh = mesh();
        discovery.tell(runtime.endpoint());
        runtime.mesh.answerRequests(request -> CompletableFuture.failedFuture(
                new EventMeshException(ErrorCode.RATE_LIMITED, "rate: 9 (expected: 5)", Duration.ofMillis(1_250))));

        EventMeshException refused = refusal(mesh.request(CALLER, outgoing("1"), Duration.ofSeconds(5)));
        runtime.mesh.refuseWith(ErrorCode.EVENT_INVALID);
        EventMeshException ofStream = refusal(mesh.publish(CALLER, outgoing("2")));

        assertThat(refused.retryAfter()).isEqualTo(Duration.ofMillis(1_250));
        assertThat(refused.endpoint()).isEqualTo(runtime.endpoint().grpc());
        assertThat(refused.retryable()).isTrue();
        assertThat(refused.suggestion()).isNotEmpty();
        assertThat(ofStream.endpoint()).isEqualTo(runtime.endpoint().grpc());
        assertThat(ofStream.retryable()).isFalse();
    }

    @Test
    void theOldestPublishesGiveWayWhereThatWasChosen() throws Exception {
        TestRuntime runtime = runtime("a");
        runtime.mesh.hold();
        RemoteMesh mesh = mesh(RemoteOptions.defaults().toBuilder()
                .maxInFlight(2, DataSize.ofMebibytes(1))
                .dropOldest(true)
                .build());
        CompletionStage<Position> first = mesh.publish(CALLER, outgoing("1"));
        CompletionStage<Position> second = mesh.publish(CALLER, outgoing("2"));
        CompletionStage<Position> third = mesh.publish(CALLER, outgoing("3"));

        assertThat(refusal(first).code()).isEqualTo(ErrorCode.OVERLOADED);
        discovery.tell(runtime.endpoint());
        await().atMost(SOON).until(() -> runtime.mesh.heldCount() == 2);
        runtime.mesh.release();
        now(second);
        now(third);
        assertThat(runtime.mesh.published().stream()
                        .map(p -> p.outgoing().event().id()))
                .containsExactly("2", "3");
    }

    @Test
    void aRuntimeInTroubleDegradesTheConnectionUntilItIsWellForAWhile() throws Exception {
        TestRuntime runtime = runtime("a");
        RemoteMesh mesh = mesh();
        List<ConnectionState> states = new CopyOnWriteArrayList<>();
        mesh.onStateChange(states::add);
        discovery.tell(runtime.endpoint());
        now(mesh.publish(CALLER, outgoing("1")));

        runtime.mesh.refuseWith(ErrorCode.STORAGE_FULL);
        refusal(mesh.publish(CALLER, outgoing("2")));
        refusal(mesh.publish(CALLER, outgoing("3")));
        runtime.mesh.refuseWith(null);
        now(mesh.publish(CALLER, outgoing("4")));

        assertThat(states).containsExactly(ConnectionState.READY, ConnectionState.DEGRADED);
        await().atMost(SOON).until(() -> {
            now(mesh.publish(CALLER, outgoing("5")));
            return states.size() == 3;
        });
        assertThat(states.get(2)).isEqualTo(ConnectionState.READY);
    }

    @Test
    void manyLargePublishesWaitForTheConnectionAndAllArriveInOrder() throws Exception {
        TestRuntime runtime = runtime("a");
        RemoteMesh mesh = mesh();
        byte[] data = new byte[100_000];
        discovery.tell(runtime.endpoint());

        List<CompletionStage<Position>> answers = mesh.publish(
                CALLER,
                IntStream.range(0, 300)
                        .mapToObj(i -> new Outgoing(
                                TopicName.of("orders"),
                                Event.builder()
                                        .id(Integer.toString(i))
                                        .source("/t")
                                        .type("t")
                                        .data(data)
                                        .build()))
                        .toList());

        for (CompletionStage<Position> answer : answers) {
            now(answer);
        }
        assertThat(runtime.mesh.published().stream()
                        .map(p -> p.outgoing().event().id()))
                .containsExactlyElementsOf(
                        IntStream.range(0, 300).mapToObj(Integer::toString).toList());
    }

    @Test
    void closingAtOnceFailsWhatIsUnanswered() throws Exception {
        TestRuntime runtime = runtime("a");
        runtime.mesh.hold();
        runtime.mesh.answerRequests(request -> new CompletableFuture<>());
        RemoteMesh mesh = mesh();
        discovery.tell(runtime.endpoint());
        CompletionStage<Position> publish = mesh.publish(CALLER, outgoing("1"));
        CompletionStage<Event> request = mesh.request(CALLER, outgoing("2"), Duration.ofSeconds(30));
        await().atMost(SOON).until(() -> runtime.mesh.published().size() == 2);

        mesh.closeNow();

        assertThat(refusal(publish).code()).isEqualTo(ErrorCode.SHUTTING_DOWN);
        assertThat(refusal(request).code()).isEqualTo(ErrorCode.SHUTTING_DOWN);
        assertThat(refusal(mesh.reply(CALLER, "r/1", event("3"))).code()).isEqualTo(ErrorCode.SHUTTING_DOWN);
    }
}
