package io.eventmesh.sdk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.eventmesh.sdk.remote.TestDiscovery;
import io.eventmesh.sdk.remote.TestRuntime;
import io.eventmesh.spi.event.Event;
import io.eventmesh.testkit.mesh.RecordingMember;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Flow;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What an application's handlers and streams see while their client moves from one runtime to another. */
class MovingClientTest {
    private static final Duration SOON = Duration.ofSeconds(10);

    private final TestRuntime first = TestRuntime.started("a", Duration.ofSeconds(5), Duration.ofMillis(200));
    private final TestRuntime second = TestRuntime.started("b");
    private final TestDiscovery discovery = new TestDiscovery().tell(first.endpoint());
    private final EventMesh client = EventMesh.builder().discovery(discovery).build();
    private final Queue<String> handled = new ConcurrentLinkedQueue<>();
    private final Semaphore gate = new Semaphore(0);

    @BeforeEach
    void begin() {
        discovery.tell(first.endpoint());
    }

    @AfterEach
    void close() {
        gate.release(1_000);
        client.close();
        first.close();
        second.close();
    }

    private static Event event(String id) {
        return Event.builder().id(id).source("/t").type("t").text("x").build();
    }

    private Subscription subscribe() throws Exception {
        return client.subscribe("orders", "billing")
                .concurrency(1)
                .maxInFlight(4)
                .handle((event, delivery) -> {
                    gate.acquire();
                    handled.add(event.getId());
                })
                .ready()
                .get(10, TimeUnit.SECONDS);
    }

    private static RecordingMember member(TestRuntime runtime, int credit) {
        await().atMost(SOON)
                .until(() -> runtime.mesh.members().size() == 1
                        && runtime.mesh.members().get(0).eventCredit() == credit);
        return runtime.mesh.members().get(0);
    }

    private void awaitHandling(String id) {
        gate.release();
        await().atMost(SOON).until(() -> handled.contains(id));
    }

    @Test
    void whatNoHandlerHasBegunWithIsHandledOnceWhereItIsOfferedAgain() throws Exception {
        Subscription subscription = subscribe();
        RecordingMember before = member(first, 4);
        for (String id : List.of("0", "1", "2")) {
            before.offer("orders", event(id));
        }
        awaitHandling("0");
        await().atMost(SOON).until(() -> before.acked().size() == 1);
        discovery.tell(first.endpoint(), second.endpoint());

        first.drain();

        // 1 is in its handler, 2 waited for it
        RecordingMember after = member(second, 3);
        awaitHandling("1");
        await().atMost(SOON).until(before::isClosed);
        assertThat(before.acked()).containsExactly(0L, 1L);
        after.offer("orders", event("2"), 1);
        awaitHandling("2");
        assertThat(handled).containsExactly("0", "1", "2");
        assertThat(subscription.ended()).isNotDone();
    }

    @Test
    void anAckAfterTheRuntimeIsGoneDoesNothingAndItsCreditIsNotLost() throws Exception {
        Subscription subscription = subscribe();
        RecordingMember before = member(first, 4);
        before.offer("orders", event("0"));
        before.offer("orders", event("1"));
        awaitHandling("0");
        await().atMost(SOON).until(() -> before.acked().size() == 1);
        discovery.tell(first.endpoint(), second.endpoint());

        first.mesh.members().get(0).end(null);
        first.close();

        RecordingMember after = member(second, 3);
        awaitHandling("1");
        await().atMost(SOON).until(() -> after.eventCredit() == 4);
        assertThat(after.acked()).isEmpty();
        assertThat(subscription.ended()).isNotDone();
    }

    @Test
    void aStreamGoesOnWithTheDemandThatIsLeft() {
        Queue<Delivery<Event>> got = new ConcurrentLinkedQueue<>();
        Semaphore end = new Semaphore(0);
        client.stream("orders", "audit", Event.class).subscribe(new Flow.Subscriber<>() {
            @Override
            public void onSubscribe(Flow.Subscription subscription) {
                subscription.request(5);
            }

            @Override
            public void onNext(Delivery<Event> delivery) {
                got.add(delivery);
                gate.acquireUninterruptibly();
            }

            @Override
            public void onError(Throwable failure) {
                end.release();
            }

            @Override
            public void onComplete() {
                end.release();
            }
        });
        RecordingMember before = member(first, 5);
        before.offer("orders", event("0"));
        before.offer("orders", event("1"));
        await().atMost(SOON).until(() -> got.size() == 1);
        discovery.tell(first.endpoint(), second.endpoint());

        first.drain();

        RecordingMember after = member(second, 4);
        gate.release();
        got.remove().ack();
        await().atMost(SOON).until(before::isClosed);
        assertThat(before.acked()).containsExactly(0L);
        after.offer("orders", event("1"), 1);
        await().atMost(SOON).until(() -> got.size() == 1);
        assertThat(got.remove().event().id()).isEqualTo("1");
        assertThat(end.availablePermits()).isZero();
    }
}
