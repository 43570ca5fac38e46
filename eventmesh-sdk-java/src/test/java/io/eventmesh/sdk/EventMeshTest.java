package io.eventmesh.sdk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import io.cloudevents.CloudEvent;
import io.cloudevents.core.builder.CloudEventBuilder;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.sdk.remote.ConnectionState;
import io.eventmesh.sdk.remote.TestDiscovery;
import io.eventmesh.sdk.remote.TestRuntime;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.storage.RetryPolicy;
import io.eventmesh.spi.storage.Start;
import io.eventmesh.testkit.mesh.RecordingMember;
import io.eventmesh.testkit.mesh.RecordingMesh;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class EventMeshTest {
    private static final Duration SOON = Duration.ofSeconds(10);

    private final RecordingMesh inside = new RecordingMesh();

    private static CloudEvent cloudEvent(String id) {
        return CloudEventBuilder.v1()
                .withId(id)
                .withSource(URI.create("/shop"))
                .withType("order.created")
                .withData("text/plain", "hello".getBytes(StandardCharsets.UTF_8))
                .build();
    }

    private static Event event(String id) {
        return Event.builder()
                .id(id)
                .source("/shop")
                .type("order.created")
                .text("hello")
                .build();
    }

    @Test
    void anApplicationPublishesAndReceivesOverAConnection() throws Exception {
        List<ConnectionState> states = new CopyOnWriteArrayList<>();
        List<String> got = new CopyOnWriteArrayList<>();
        try (TestRuntime runtime = TestRuntime.started("a")) {
            try (EventMesh client = EventMesh.builder()
                    .seeds("grpc://" + runtime.endpoint().grpc())
                    .onStateChange(states::add)
                    .build()) {
                PublishAck ack = client.publish("orders/eu", cloudEvent("1")).get(10, TimeUnit.SECONDS);
                client.subscribe("orders/>", "billing")
                        .from(Start.earliest())
                        .handle((event, delivery) ->
                                got.add(event.getId() + " " + delivery.topic() + " " + delivery.attempt() + " "
                                        + Thread.currentThread().getName().replaceAll("\\d+", "")))
                        .ready()
                        .get(10, TimeUnit.SECONDS);
                RecordingMember member = runtime.mesh.members().get(0);
                await().atMost(SOON).until(() -> member.eventCredit() == 256);

                member.offer("orders/eu", event("1"), 3);

                await().atMost(SOON).until(() -> member.acked().equals(List.of(0L)));
                await().atMost(SOON).until(() -> member.eventCredit() >= 255);
                assertThat(got).containsExactly("1 orders/eu 3 mesh-client-");
                assertThat(ack.stream()).isEqualTo("orders");
                assertThat(runtime.mesh.published().get(0).outgoing().event().id())
                        .isEqualTo("1");
                assertThat(states).containsExactly(ConnectionState.READY);
            }
            await().atMost(SOON).until(() -> runtime.mesh.members().get(0).isClosed());
            assertThat(states).containsExactly(ConnectionState.READY, ConnectionState.CLOSED);
        }
    }

    @Test
    void buildDoesNothingUntilTheFirstCall() {
        TestDiscovery discovery = new TestDiscovery();

        try (EventMesh client = EventMesh.builder().discovery(discovery).build()) {
            assertThat(discovery.isStarted()).isFalse();
            client.publish("orders", event("1"));
            assertThat(discovery.isStarted()).isTrue();
            client.closeNow();
        }
        assertThat(discovery.closed).isTrue();
    }

    @Test
    void anExceptionOfTheHandlerReleasesTheEvent() throws Exception {
        try (EventMesh client = EventMesh.builder().mesh(inside).build()) {
            client.subscribe("orders", "billing").handle((event, delivery) -> {
                throw new IllegalStateException("no");
            });
            RecordingMember member = inside.members().get(0);

            member.offer("orders", event("1"));

            await().atMost(SOON).until(() -> member.released().equals(Map.of(0L, Duration.ZERO)));
            await().atMost(SOON).until(() -> member.eventCredit() == 256);
            assertThat(member.acked()).isEmpty();
        }
    }

    @Test
    void anExplicitSubscriptionSettlesByCallsAndOnlyOnce() {
        AtomicReference<Delivery<CloudEvent>> kept = new AtomicReference<>();
        try (EventMesh client = EventMesh.builder().mesh(inside).build()) {
            client.subscribe("orders", "billing")
                    .ack(Ack.EXPLICIT)
                    .maxInFlight(4)
                    .handle((event, delivery) -> {
                        switch (event.getId()) {
                            case "ack" -> delivery.ack();
                            case "release" -> delivery.release(Duration.ofSeconds(3));
                            case "reject" -> delivery.reject("no");
                            default -> kept.set(delivery);
                        }
                    });
            RecordingMember member = inside.members().get(0);
            assertThat(member.eventCredit()).isEqualTo(4);

            for (String id : List.of("ack", "release", "reject", "later")) {
                assertThat(member.offer("orders", event(id))).isTrue();
            }

            await().atMost(SOON).until(() -> kept.get() != null);
            await().atMost(SOON).until(() -> member.eventCredit() == 3);
            assertThat(member.acked()).containsExactly(0L);
            assertThat(member.released()).isEqualTo(Map.of(1L, Duration.ofSeconds(3)));
            assertThat(member.rejected()).isEqualTo(Map.of(2L, "no"));
            Objects.requireNonNull(kept.get()).ack();
            Objects.requireNonNull(kept.get()).reject("too late");
            assertThat(member.acked()).containsExactly(0L, 3L);
            assertThat(member.rejected()).hasSize(1);
            assertThat(member.eventCredit()).isEqualTo(4);
        }
    }

    @Test
    void settlingByCallsIsRefusedWhereTheReturnSettles() {
        List<Throwable> thrown = new CopyOnWriteArrayList<>();
        try (EventMesh client = EventMesh.builder().mesh(inside).build()) {
            client.subscribe("orders", "billing").handle((event, delivery) -> {
                try {
                    delivery.ack();
                } catch (IllegalStateException expected) {
                    thrown.add(expected);
                }
            });
            inside.members().get(0).offer("orders", event("1"));

            await().atMost(SOON).until(() -> inside.members().get(0).acked().size() == 1);
            assertThat(thrown).hasSize(1);
        }
    }

    @Test
    void noMoreHandlersRunAtOnceThanAskedAndNoMoreEventsComeThanFit() {
        Semaphore gate = new Semaphore(0);
        Semaphore entered = new Semaphore(0);
        try (EventMesh client = EventMesh.builder().mesh(inside).build()) {
            client.subscribe("orders", "billing").maxInFlight(5).concurrency(2).handle((event, delivery) -> {
                entered.release();
                gate.acquire();
            });
            RecordingMember member = inside.members().get(0);

            int taken = 0;
            while (member.offer("orders", event(Integer.toString(taken)))) {
                taken++;
            }

            assertThat(taken).isEqualTo(5);
            await().atMost(SOON).until(() -> entered.availablePermits() == 2);
            await().during(Duration.ofMillis(100)).atMost(SOON).until(() -> entered.availablePermits() == 2);
            gate.release(100);
            await().atMost(SOON).until(() -> member.acked().size() == 5);
        }
    }

    @Test
    void theTermsOfTheBuilderReachTheMesh() {
        RetryPolicy retry = new RetryPolicy(9, Duration.ofMillis(5), 1, Duration.ofSeconds(1));
        try (EventMesh client = EventMesh.builder()
                .mesh(inside)
                .namespace("shop")
                .clientName("till")
                .build()) {
            client.subscribe("orders/*", "billing")
                    .from(Start.earliest())
                    .retry(retry)
                    .ackTimeout(Duration.ofSeconds(4))
                    .unordered()
                    .handle((event, delivery) -> {});
        }

        RecordingMember member = inside.members().get(0);
        assertThat(member.context().namespace()).isEqualTo("shop");
        assertThat(member.terms().client()).isEqualTo("till");
        assertThat(member.terms().start()).isEqualTo(Start.earliest());
        assertThat(member.terms().delivery().retry()).isEqualTo(retry);
        assertThat(member.terms().delivery().ackTimeout()).isEqualTo(Duration.ofSeconds(4));
        assertThat(member.terms().delivery().ordered()).isFalse();
        assertThat(member.isClosed()).isTrue();
    }

    @Test
    void aRefusedSubscriptionSaysWhy() {
        inside.refuseWith(ErrorCode.ALREADY_EXISTS);
        try (EventMesh client = EventMesh.builder().mesh(inside).build()) {
            Subscription subscription = client.subscribe("orders", "billing").handle((event, delivery) -> {});

            assertThatThrownBy(() -> subscription.ready().join())
                    .isInstanceOf(CompletionException.class)
                    .satisfies(failure ->
                            assertThat(EventMeshException.of(failure).code()).isEqualTo(ErrorCode.ALREADY_EXISTS));
            assertThat(subscription.ended()).isCompletedExceptionally();
        }
    }

    @Test
    void theMeshsEndOfASubscriptionIsTold() {
        try (EventMesh client = EventMesh.builder().mesh(inside).build()) {
            Subscription subscription = client.subscribe("orders", "billing").handle((event, delivery) -> {});

            inside.members().get(0).end(new EventMeshException(ErrorCode.FENCED, "epoch: 1 (expected: 2)"));

            assertThat(subscription.ended()).isCompletedExceptionally();
        }
    }

    @Test
    void aSubscriptionMayBeClosedByItsOwnHandler() {
        try (EventMesh client = EventMesh.builder().mesh(inside).build()) {
            AtomicReference<Subscription> self = new AtomicReference<>();
            self.set(client.subscribe("orders", "billing")
                    .handle((event, delivery) ->
                            Objects.requireNonNull(self.get()).close()));

            inside.members().get(0).offer("orders", event("1"));

            await().atMost(Duration.ofSeconds(3))
                    .until(() -> inside.members().get(0).isClosed());
        }
    }

    @Test
    void whatIsNoAddressTopicOrPatternIsRefused() {
        assertThat(catchThrowableOfType(EventMeshException.class, () -> EventMesh.connect("ftp://x"))
                        .code())
                .isEqualTo(ErrorCode.REQUEST_INVALID);
        assertThat(catchThrowableOfType(
                                EventMeshException.class,
                                () -> EventMesh.builder().build())
                        .code())
                .isEqualTo(ErrorCode.REQUEST_INVALID);
        try (EventMesh client = EventMesh.builder().mesh(inside).build()) {
            assertThat(client.publish("a//b", event("1"))).isCompletedExceptionally();
            assertThatThrownBy(() -> client.subscribe("a/>/b", "g")).isInstanceOf(EventMeshException.class);
            assertThatThrownBy(() -> client.subscribe("a", "no group")).isInstanceOf(EventMeshException.class);
            assertThatThrownBy(() -> client.subscribe("a", "g").concurrency(0))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }
}
