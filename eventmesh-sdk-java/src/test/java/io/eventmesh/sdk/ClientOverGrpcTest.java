package io.eventmesh.sdk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import io.cloudevents.CloudEvent;
import io.cloudevents.core.builder.CloudEventBuilder;
import io.eventmesh.common.config.DataSize;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.common.topic.TopicPattern;
import io.eventmesh.sdk.remote.ConnectionState;
import io.eventmesh.sdk.remote.RemoteOptions;
import io.eventmesh.sdk.remote.TestRuntime;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.event.ReservedAttributes;
import io.eventmesh.spi.mesh.Mode;
import io.eventmesh.spi.mesh.Outgoing;
import io.eventmesh.spi.mesh.SubscribeTerms;
import io.eventmesh.spi.storage.DeliveryTerms;
import io.eventmesh.spi.storage.RetryPolicy;
import io.eventmesh.spi.target.Destination;
import io.eventmesh.testkit.mesh.RecordingMember;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The client as an application uses it, over a real gRPC door. */
class ClientOverGrpcTest {
    private static final Duration SOON = Duration.ofSeconds(10);

    record Order(String customer, int total) {}

    private final TestRuntime runtime = TestRuntime.started("a");
    private EventMesh client = builder().build();

    private EventMeshBuilder builder() {
        return EventMesh.builder().seeds("grpc://" + runtime.endpoint().grpc());
    }

    private void use(EventMeshBuilder other) {
        client.close();
        client = other.build();
    }

    @AfterEach
    void close() {
        client.close();
        runtime.close();
    }

    private static CloudEvent event(String id) {
        return CloudEventBuilder.v1()
                .withId(id)
                .withSource(URI.create("/shop"))
                .withType("quote")
                .withData("text/plain", id.getBytes(StandardCharsets.UTF_8))
                .build();
    }

    private static Event raw(String id, String text) {
        return Event.builder().id(id).source("/t").type("t").text(text).build();
    }

    private RecordingMember member(Subscription subscription) throws Exception {
        subscription.ready().get(10, TimeUnit.SECONDS);
        RecordingMember member =
                runtime.mesh.members().get(runtime.mesh.members().size() - 1);
        await().atMost(SOON).until(() -> member.eventCredit() > 0 && member.byteCredit() > 0);
        return member;
    }

    private Outgoing published(int index) {
        return runtime.mesh.published().get(index).outgoing();
    }

    private static <T> T now(CompletableFuture<T> future) throws Exception {
        return future.get(10, TimeUnit.SECONDS);
    }

    private static EventMeshException refusal(CompletableFuture<?> future) throws Exception {
        try {
            future.get(10, TimeUnit.SECONDS);
        } catch (ExecutionException failure) {
            return EventMeshException.of(failure);
        }
        throw new AssertionError("not refused");
    }

    @Test
    void typedValuesArePublishedInTheOrderOfTheirKeyAndComeBackTyped() throws Exception {
        Publisher<Order> publisher = client.publisher("orders", Order.class)
                .source("/shop")
                .type("order.created")
                .id(order -> order.customer() + "-1")
                .build();
        List<Order> got = new CopyOnWriteArrayList<>();
        Subscription subscription =
                client.subscribe("orders", "billing").handle(Order.class, (order, delivery) -> got.add(order));
        RecordingMember member = member(subscription);

        now(publisher.send(new Order("c", 7), Key.of("c")));
        Event sent = published(0).event();
        member.offer("orders", sent);

        assertThat(sent.source()).isEqualTo("/shop");
        assertThat(sent.type()).isEqualTo("order.created");
        assertThat(sent.id()).isEqualTo("c-1");
        assertThat(sent.partitionKey()).isEqualTo("c");
        assertThat(sent.dataContentType()).isEqualTo("application/json");
        assertThat(new String(sent.data(), StandardCharsets.UTF_8)).isEqualTo("{\"customer\":\"c\",\"total\":7}");
        await().atMost(SOON).until(() -> got.equals(List.of(new Order("c", 7))));
        await().atMost(SOON).until(() -> member.acked().equals(List.of(0L)));
    }

    @Test
    void aValueThatIsUnreadableGoesToTheDeadLetterWithoutItsData() throws Exception {
        RecordingMember member =
                member(client.subscribe("orders", "billing").handle(Order.class, (order, delivery) -> {}));

        member.offer("orders", raw("1", "secret"));

        await().atMost(SOON).until(() -> member.rejected().size() == 1);
        assertThat(member.rejected().get(0L)).contains("Order").doesNotContain("secret");
        await().atMost(SOON).until(() -> member.eventCredit() == 256);
    }

    @Test
    void textAndBytesNeedNoCodec() throws Exception {
        List<String> got = new CopyOnWriteArrayList<>();
        RecordingMember member =
                member(client.subscribe("orders", "billing").handle(String.class, (text, delivery) -> got.add(text)));

        now(client.publisher("orders", String.class).build().send("grüezi"));
        now(client.publisher("orders", byte[].class).build().send(new byte[] {1, 2}));
        member.offer("orders", published(0).event());

        await().atMost(SOON).until(() -> got.equals(List.of("grüezi")));
        assertThat(published(0).event().dataContentType()).isEqualTo("text/plain");
        assertThat(published(1).event().data()).containsExactly(1, 2);
        assertThatThrownBy(() -> client.publisher("orders", CloudEvent.class))
                .isInstanceOf(EventMeshException.class)
                .hasMessageContaining("as they are");
    }

    @Test
    void everyTermOfTheBuilderReachesTheMesh() throws Exception {
        member(client.subscribe("orders", "billing")
                .filter("type = 'order.created' AND total > 100")
                .filter("source = \"/shop\"")
                .broadcast()
                .unordered()
                .retry(3, Backoff.exponential(Duration.ofMillis(50)).upTo(Duration.ofSeconds(2)))
                .ackTimeout(Duration.ofSeconds(7))
                .handle((event, delivery) -> {}));

        SubscribeTerms terms = runtime.mesh.members().get(0).terms();
        assertThat(terms.mode()).isEqualTo(Mode.BROADCASTING);
        assertThat(terms.delivery())
                .isEqualTo(new DeliveryTerms(
                        new RetryPolicy(3, Duration.ofMillis(50), 2, Duration.ofSeconds(2)),
                        Duration.ofSeconds(7),
                        false,
                        "[{\"sql\":\"type = 'order.created' AND total > 100\"},{\"sql\":\"source = \\\"/shop\\\"\"}]",
                        null));
    }

    @Test
    void aDelayedEventTellsTheMeshWhen() throws Exception {
        Instant at = Instant.ofEpochMilli(1_900_000_000_000L);

        now(client.publishAt("orders", event("1"), at));
        now(client.publishAfter("orders", event("2"), Duration.ofHours(1)));

        assertThat(published(0).notBeforeMillis()).isEqualTo(at.toEpochMilli());
        assertThat(published(1).notBeforeMillis()).isGreaterThan(1_000_000_000_000L);
    }

    @Test
    void aRequestIsAnsweredAndAHandlerAnswersRequests() throws Exception {
        runtime.mesh.answerRequests(request -> CompletableFuture.completedFuture(raw("r", "reply")));
        AtomicReference<CompletableFuture<Void>> replies = new AtomicReference<>();
        AtomicReference<CompletableFuture<Void>> toNobody = new AtomicReference<>();
        RecordingMember member = member(client.subscribe("quotes", "desk").handle((event, delivery) -> {
            if (delivery.isRequest()) {
                replies.set(delivery.reply(event("answer")));
            } else {
                toNobody.set(delivery.reply(event("answer")));
            }
        }));

        CloudEvent reply = now(client.request("quotes", event("q"), Duration.ofSeconds(5)));
        member.offer("quotes", raw("1", "x").with(Map.of(ReservedAttributes.REPLY_TO, "r1/7")));
        member.offer("quotes", raw("2", "x"));

        assertThat(reply.getId()).isEqualTo("r");
        await().atMost(SOON).until(() -> replies.get() != null && toNobody.get() != null);
        now(Objects.requireNonNull(replies.get()));
        assertThat(runtime.mesh.replied().get(0).replyTo()).isEqualTo("r1/7");
        assertThat(runtime.mesh.replied().get(0).reply().id()).isEqualTo("answer");
        assertThat(refusal(Objects.requireNonNull(toNobody.get())).code()).isEqualTo(ErrorCode.REQUEST_INVALID);
    }

    @Test
    void aRequestThatNobodyAnswersFails() throws Exception {
        assertThat(refusal(client.request("quotes", event("q"), Duration.ofSeconds(5)))
                        .code())
                .isEqualTo(ErrorCode.DEADLINE_EXCEEDED);
    }

    @Test
    void aPushSubscriptionIsMadeChangedAndDeleted() throws Exception {
        SubscriptionName name = new SubscriptionName("default", "billing", TopicPattern.of("orders"));

        assertThat(now(client.subscribe("orders", "billing")
                        .push(URI.create("http://h:1/in?a=\"b".replace("\"", "%22")))))
                .isTrue();
        assertThat(now(client.subscribe("orders", "billing").filter("TRUE").store()))
                .isFalse();

        assertThat(Objects.requireNonNull(runtime.mesh.puts().get(name))
                        .terms()
                        .delivery()
                        .filter())
                .isEqualTo("[{\"sql\":\"TRUE\"}]");
        assertThat(now(client.subscribe("orders", "other").push(URI.create("http://h:1/in"))))
                .isTrue();
        assertThat(runtime.mesh.puts().values().stream()
                        .map(put -> put.terms().delivery().destination()))
                .containsExactlyInAnyOrder(null, new Destination("webhook", "{\"url\":\"http://h:1/in\"}"));
        assertThat(now(client.deleteSubscription("orders", "billing"))).isTrue();
        assertThat(now(client.deleteSubscription("orders", "billing"))).isFalse();
    }

    @Test
    void interceptorsStandAroundWhatIsSentAndHandledTheFirstOneOutermost() throws Exception {
        List<String> heard = new CopyOnWriteArrayList<>();
        use(builder().interceptor(new Marking("outer", heard)).interceptor(new Marking("inner", heard)));
        runtime.mesh.answerRequests(request -> CompletableFuture.completedFuture(raw("r", "reply")));
        RecordingMember member =
                member(client.subscribe("orders", "billing").handle((event, delivery) -> heard.add("handler")));

        now(client.publish("orders", event("1")));
        now(client.request("orders", event("2"), Duration.ofSeconds(5)));
        member.offer("orders", raw("3", "x"));

        await().atMost(SOON).until(() -> member.acked().size() == 1);
        assertThat(published(0).event().attribute("marks")).isEqualTo("outer inner");
        assertThat(published(1).event().attribute("marks")).isEqualTo("outer inner");
        assertThat(heard).containsExactly("outer", "inner", "handler");
    }

    private record Marking(String name, List<String> heard) implements Interceptor {
        @Override
        public <A> CompletableFuture<A> send(String topic, Event event, Sending<A> next) {
            String marks = event.attribute("marks");
            return next.send(topic, event.with(Map.of("marks", marks == null ? name : marks + " " + name)));
        }

        @Override
        public void handle(Delivery<?> delivery, Handling next) throws Exception {
            heard.add(name);
            next.handle();
        }
    }

    @Test
    void aBrokenInterceptorFailsThePublishAndReleasesTheEvent() throws Exception {
        use(builder().interceptor(new Interceptor() {
            @Override
            public <A> CompletableFuture<A> send(String topic, Event event, Sending<A> next) {
                throw new IllegalStateException("broken");
            }

            @Override
            public void handle(Delivery<?> delivery, Handling next) {
                throw new EventMeshException(ErrorCode.OVERLOADED, "later", Duration.ofSeconds(3));
            }
        }));
        RecordingMember member = member(client.subscribe("orders", "billing").handle((event, delivery) -> {}));

        EventMeshException failed = refusal(client.publish("orders", event("1")));
        member.offer("orders", raw("2", "x"));

        assertThat(failed.code()).isEqualTo(ErrorCode.INTERNAL);
        await().atMost(SOON).until(() -> member.released().equals(Map.of(0L, Duration.ofSeconds(3))));
    }

    @Test
    void withoutAcksAnEventIsDoneBeforeItIsHandled() throws Exception {
        Semaphore gate = new Semaphore(0);
        RecordingMember member =
                member(client.subscribe("orders", "look").ack(Ack.NONE).handle((event, delivery) -> {
                    gate.acquire();
                    throw new IllegalStateException("ignored");
                }));

        member.offer("orders", raw("1", "x"));

        await().atMost(SOON).until(() -> member.acked().equals(List.of(0L)));
        gate.release();
        client.close();
        assertThat(member.released()).isEmpty();
    }

    @Test
    void aPublisherMayChooseToWaitForRoom() throws Exception {
        use(builder()
                .whenFull(WhenFull.BLOCK)
                .publishTimeout(Duration.ofSeconds(5))
                .options(RemoteOptions.defaults().toBuilder()
                        .maxInFlight(1, DataSize.ofMebibytes(1))
                        .build()));
        runtime.mesh.hold();
        CompletableFuture<PublishAck> first = client.publish("orders", event("1"));
        await().atMost(SOON).until(() -> runtime.mesh.heldCount() == 1);
        CompletableFuture<CompletableFuture<PublishAck>> second =
                CompletableFuture.supplyAsync(() -> client.publish("orders", event("2")));
        await().during(Duration.ofMillis(100)).atMost(SOON).until(() -> !second.isDone());

        runtime.mesh.release();

        now(first);
        now(now(second));
        assertThat(runtime.mesh.published()).hasSize(2);
    }

    @Test
    void theClientsOwnThreadDoesNotWaitForRoomThatOnlyItCouldMake() throws Exception {
        use(builder()
                .whenFull(WhenFull.BLOCK)
                .options(RemoteOptions.defaults().toBuilder()
                        .maxInFlight(1, DataSize.ofMebibytes(1))
                        .build()));
        CompletableFuture<Event> reply = new CompletableFuture<>();
        runtime.mesh.answerRequests(request -> reply);
        CompletableFuture<PublishAck> fromCallback = client.request("quotes", event("q"), Duration.ofSeconds(10))
                .thenCompose(answer -> client.publish("orders", event("2")));
        await().atMost(SOON).until(() -> runtime.mesh.published().size() == 1);
        runtime.mesh.hold();
        CompletableFuture<PublishAck> first = client.publish("orders", event("1"));
        await().atMost(SOON).until(() -> runtime.mesh.heldCount() == 1);

        reply.complete(raw("r", "reply"));

        assertThat(refusal(fromCallback).code()).isEqualTo(ErrorCode.OVERLOADED);
        runtime.mesh.release();
        now(first);
    }

    @Test
    void aRefusalCarriesCodeEndpointAndSuggestion() throws Exception {
        runtime.mesh.refuseWith(ErrorCode.PERMISSION_DENIED);

        EventMeshException refused = refusal(client.publish("orders", event("1")));

        assertThat(refused.code()).isEqualTo(ErrorCode.PERMISSION_DENIED);
        assertThat(refused.retryable()).isFalse();
        assertThat(refused.endpoint()).isEqualTo(runtime.endpoint().grpc());
        assertThat(refused.suggestion()).isNotEmpty();
    }

    @Test
    void theTokenReachesTheMesh() throws Exception {
        use(builder().token(() -> "t1"));

        now(client.publish("orders", event("1")));

        assertThat(runtime.mesh.published().get(0).context().principal().name()).isEqualTo("Bearer t1");
    }

    @Test
    void closingWaitsForHandlersThatRunAndGivesTheRestBack() throws Exception {
        Semaphore entered = new Semaphore(0);
        Semaphore gate = new Semaphore(0);
        RecordingMember member = member(client.subscribe("orders", "billing").handle((event, delivery) -> {
            entered.release();
            gate.acquire();
        }));
        member.offer("orders", raw("1", "x"));
        member.offer("orders", raw("2", "x"));
        assertThat(entered.tryAcquire(10, TimeUnit.SECONDS)).isTrue();

        CompletableFuture<Void> closing = CompletableFuture.runAsync(client::close);
        await().during(Duration.ofMillis(100)).atMost(SOON).until(() -> !closing.isDone());
        gate.release();

        now(closing);
        await().atMost(SOON).until(member::isClosed);
        assertThat(member.acked()).containsExactly(0L);
        assertThat(entered.availablePermits()).isZero();
        assertThat(client.state()).isEqualTo(ConnectionState.CLOSED);
        assertThat(refusal(client.publish("orders", event("late"))).code()).isEqualTo(ErrorCode.SHUTTING_DOWN);
    }

    @Test
    void closingAtOnceInterruptsHandlersAndFailsWhatIsUnanswered() throws Exception {
        Semaphore entered = new Semaphore(0);
        AtomicReference<Throwable> thrown = new AtomicReference<>();
        RecordingMember member = member(client.subscribe("orders", "billing").handle((event, delivery) -> {
            entered.release();
            try {
                new Semaphore(0).acquire();
            } catch (InterruptedException interrupted) {
                thrown.set(interrupted);
                throw interrupted;
            }
        }));
        member.offer("orders", raw("1", "x"));
        assertThat(entered.tryAcquire(10, TimeUnit.SECONDS)).isTrue();
        runtime.mesh.hold();
        CompletableFuture<PublishAck> unanswered = client.publish("orders", event("1"));

        client.closeNow();

        assertThat(refusal(unanswered).code()).isEqualTo(ErrorCode.SHUTTING_DOWN);
        await().atMost(SOON).until(() -> thrown.get() != null);
        await().atMost(SOON).until(member::isClosed);
    }

    @Test
    void whatIsNoKeyTopicOrCodecIsRefused() {
        assertThat(catchThrowableOfType(EventMeshException.class, () -> Key.of(""))
                        .code())
                .isEqualTo(ErrorCode.REQUEST_INVALID);
        assertThatThrownBy(() -> client.publisher("a//b", String.class)).isInstanceOf(EventMeshException.class);
        assertThatThrownBy(() -> client.deleteSubscription("orders", "")).isInstanceOf(EventMeshException.class);
        assertThat(client.subscribe("orders", "g").ackTimeout(Duration.ZERO).store())
                .isCompletedExceptionally();
    }
}
