package io.eventmesh.test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.cloudevents.CloudEvent;
import io.cloudevents.core.builder.CloudEventBuilder;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.sdk.Ack;
import io.eventmesh.sdk.Backoff;
import io.eventmesh.sdk.EventMesh;
import io.eventmesh.spi.storage.Start;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

@SuppressWarnings("NullAway.Init") // the extension sets the fields
abstract class ProbeContractTest {
    private static final Duration SOON = Duration.ofSeconds(10);

    @Inject
    EventMesh mesh;

    @Inject
    MeshProbe probe;

    static CloudEvent event(String id) {
        return CloudEventBuilder.v1()
                .withId(id)
                .withSource(URI.create("/shop"))
                .withType("order.created")
                .withData("text/plain", id.getBytes(StandardCharsets.UTF_8))
                .build();
    }

    @Test
    void whatAnApplicationPublishesIsSeen() {
        mesh.subscribe("orders", "billing")
                .handle((order, delivery) -> mesh.publish("invoices", event("invoice-" + order.getId()))
                        .join())
                .ready()
                .join();

        mesh.publish("orders", event("1")).join();
        mesh.publish("orders", event("2")).join();

        assertThat(probe.await("invoices", 2, SOON))
                .extracting(CloudEvent::getId)
                .containsExactly("invoice-1", "invoice-2");
    }

    @Test
    void lookingOnMovesNobodysProgress() {
        mesh.publish("orders", event("1")).join();
        assertThat(probe.await("orders", 1, SOON)).hasSize(1);
        List<String> got = new CopyOnWriteArrayList<>();

        mesh.subscribe("orders", "late").from(Start.earliest()).handle((order, delivery) -> got.add(order.getId()));

        await().atMost(SOON).until(() -> got.equals(List.of("1")));
    }

    @Test
    void whatDoesNotComeFailsTheTestWithNumbers() {
        mesh.publish("orders", event("1")).join();

        assertThatThrownBy(() -> probe.await("orders", 2, Duration.ofMillis(100)))
                .isInstanceOf(AssertionError.class)
                .hasMessage("orders: 1 events within PT0.1S (expected: 2)");
    }

    @Test
    void plannedFailuresMeetTheNextPublishesOfTheirTopicOnly() {
        probe.failNext("orders", 1);
        probe.failNext("orders", 1, ErrorCode.RATE_LIMITED);

        mesh.publish("invoices", event("0")).join();
        assertThatThrownBy(() -> mesh.publish("orders", event("1")).join())
                .isInstanceOf(CompletionException.class)
                .satisfies(failure ->
                        assertThat(EventMeshException.of(failure).code()).isEqualTo(ErrorCode.STORAGE_UNAVAILABLE));
        assertThatThrownBy(() -> mesh.publish("orders", event("2")).join())
                .isInstanceOf(CompletionException.class)
                .satisfies(failure ->
                        assertThat(EventMeshException.of(failure).code()).isEqualTo(ErrorCode.RATE_LIMITED));
        mesh.publish("orders", event("3")).join();
        assertThat(probe.await("orders", 1, SOON)).extracting(CloudEvent::getId).containsExactly("3");
    }

    @Test
    void aPoisonEventIsFoundAmongTheDeadLetters() {
        mesh.subscribe("orders", "billing")
                .retry(2, Backoff.fixed(Duration.ofMillis(5)))
                .handle((order, delivery) -> {
                    if (order.getId().equals("bad")) {
                        throw new IllegalStateException("no");
                    }
                })
                .ready()
                .join();
        assertThat(probe.dlq("orders")).isEmpty();

        mesh.publish("orders", event("good")).join();
        mesh.publish("orders", event("bad")).join();

        CloudEvent letter = probe.awaitDlq("orders", 1, SOON).get(0);
        assertThat(letter.getId()).isEqualTo("bad");
        assertThat(letter.getExtension("dltopic")).isEqualTo("orders");
        assertThat(probe.dlq("billing")).hasSize(1);
        assertThat(probe.dlq("other")).isEmpty();
    }

    @Test
    void aSubscriptionOutlivesItsConnectionAndGetsAgainWhatItHadNotSettled() {
        List<String> got = new CopyOnWriteArrayList<>();
        mesh.subscribe("orders", "billing")
                .ack(Ack.EXPLICIT)
                .handle((order, delivery) -> {
                    got.add(order.getId());
                    if (got.size() > 1) {
                        delivery.ack();
                    }
                })
                .ready()
                .join();
        mesh.publish("orders", event("1")).join();
        await().atMost(SOON).until(() -> got.equals(List.of("1")));

        probe.dropConnections();
        mesh.publish("orders", event("2")).join();

        await().atMost(SOON).until(() -> got.size() >= 3);
        assertThat(got).containsExactlyInAnyOrder("1", "1", "2");
    }

    @Test
    void filtersJudgeInTheMesh() {
        List<String> got = new CopyOnWriteArrayList<>();
        mesh.subscribe("orders", "billing")
                .filter("id <> 'no'")
                .handle((order, delivery) -> got.add(order.getId()))
                .ready()
                .join();

        mesh.publish("orders", event("no")).join();
        mesh.publish("orders", event("yes")).join();

        await().atMost(SOON).until(() -> got.equals(List.of("yes")));
    }

    @Test
    void requestsAreAnswered() {
        mesh.subscribe("quotes", "desk")
                .handle((order, delivery) -> delivery.reply(event("re-" + order.getId())))
                .ready()
                .join();

        assertThat(mesh.request("quotes", event("1"), SOON).join().getId()).isEqualTo("re-1");
    }
}
