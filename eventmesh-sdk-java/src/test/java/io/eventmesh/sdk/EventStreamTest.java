package io.eventmesh.sdk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.awaitility.Awaitility.await;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.spi.event.Event;
import io.eventmesh.testkit.mesh.RecordingMember;
import io.eventmesh.testkit.mesh.RecordingMesh;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Flow;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Rule numbers are those of Reactive Streams 1.0.4. */
class EventStreamTest {
    private static final Duration SOON = Duration.ofSeconds(10);
    private static final Duration A_WHILE = Duration.ofMillis(100);

    private final RecordingMesh mesh = new RecordingMesh();
    private final EventMesh client = EventMesh.builder().mesh(mesh).build();

    @AfterEach
    void close() {
        client.close();
    }

    /** Notes every signal, and that none overlaps another. */
    private static final class Recorded implements Flow.Subscriber<Delivery<String>> {
        final List<String> signals = new CopyOnWriteArrayList<>();
        final List<Delivery<String>> deliveries = new CopyOnWriteArrayList<>();
        final AtomicInteger inside = new AtomicInteger();
        volatile boolean overlapped;
        volatile Consumer<Delivery<String>> onNext = delivery -> {};
        volatile Flow.@Nullable Subscription subscription;
        volatile @Nullable Throwable failure;

        Flow.Subscription subscription() {
            return Objects.requireNonNull(subscription);
        }

        private void signal(String name, Runnable work) {
            overlapped |= inside.incrementAndGet() > 1;
            signals.add(name);
            work.run();
            inside.decrementAndGet();
        }

        @Override
        public void onSubscribe(Flow.Subscription given) {
            signal("subscribe", () -> subscription = given);
        }

        @Override
        public void onNext(Delivery<String> delivery) {
            signal(delivery.value(), () -> {
                deliveries.add(delivery);
                onNext.accept(delivery);
            });
        }

        @Override
        public void onError(Throwable why) {
            signal("error", () -> failure = why);
        }

        @Override
        public void onComplete() {
            signal("complete", () -> {});
        }
    }

    private Recorded subscribe(Ack ack) {
        Recorded recorded = new Recorded();
        client.subscribe("orders", "audit").ack(ack).stream(String.class).subscribe(recorded);
        return recorded;
    }

    private RecordingMember member() {
        return mesh.members().get(mesh.members().size() - 1);
    }

    private static Event event(String text) {
        return Event.builder().id("1").source("/t").type("t").text(text).build();
    }

    private boolean offer(String text) {
        return member().offer("orders", event(text));
    }

    /** Offers the numbers below the count as fast as they are wanted. */
    private void offerAll(int count) {
        AtomicInteger next = new AtomicInteger();
        await().atMost(SOON).pollInterval(Duration.ofMillis(1)).until(() -> {
            while (next.get() < count && offer(next.toString())) {
                next.incrementAndGet();
            }
            return next.get() == count;
        });
    }

    @Test
    void nothingComesBeforeItWasRequestedAndNoMoreThanThat() {
        Recorded subscriber = subscribe(Ack.EXPLICIT);
        assertThat(member().eventCredit()).isZero();
        assertThat(offer("early")).isFalse();

        subscriber.subscription().request(2);

        assertThat(offer("a")).isTrue();
        assertThat(offer("b")).isTrue();
        assertThat(offer("c")).isFalse();
        await().atMost(SOON).until(() -> subscriber.signals.size() == 3);
        assertThat(subscriber.signals).containsExactly("subscribe", "a", "b");
    }

    @Test
    void aSubscriberIsToldOfItsSubscriptionFirstAndMayRequestAtOnce() {
        List<String> got = new CopyOnWriteArrayList<>();
        client.stream("orders", "audit", String.class).subscribe(new Flow.Subscriber<>() {
            @Override
            public void onSubscribe(Flow.Subscription subscription) {
                got.add("subscribe");
                subscription.request(1);
            }

            @Override
            public void onNext(Delivery<String> delivery) {
                got.add(delivery.value());
            }

            @Override
            public void onError(Throwable why) {
                got.add("error");
            }

            @Override
            public void onComplete() {
                got.add("complete");
            }
        });

        assertThat(offer("a")).isTrue();

        await().atMost(SOON).until(() -> got.size() == 2);
        assertThat(got).containsExactly("subscribe", "a");
    }

    @Test
    void signalsNeverOverlapAlsoWithDemandWithoutEnd() {
        Recorded subscriber = subscribe(Ack.AUTO);
        subscriber.subscription().request(Long.MAX_VALUE);
        subscriber.subscription().request(Long.MAX_VALUE);

        offerAll(2_000);

        await().atMost(SOON).until(() -> member().acked().size() == 2_000);
        assertThat(subscriber.overlapped).isFalse();
        assertThat(subscriber.signals).hasSize(2_001);
        assertThat(subscriber.signals.get(2_000)).isEqualTo("1999");
        assertThat(member().eventCredit()).isPositive();
    }

    @Test
    void requestingFromWithinASignalDoesNotNest() {
        Recorded subscriber = subscribe(Ack.AUTO);
        subscriber.onNext = delivery -> subscriber.subscription().request(1);
        subscriber.subscription().request(1);

        offerAll(500);

        await().atMost(SOON).until(() -> subscriber.signals.size() == 501);
        assertThat(subscriber.overlapped).isFalse();
    }

    @Test
    void aRequestOfNothingFailsTheStream() {
        for (long wrong : new long[] {0, -1, Long.MIN_VALUE}) {
            Recorded subscriber = subscribe(Ack.EXPLICIT);
            RecordingMember attached = member();

            subscriber.subscription().request(wrong);

            await().atMost(SOON).until(() -> subscriber.failure != null);
            assertThat(subscriber.failure)
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("3.9");
            assertThat(attached.isClosed()).isTrue();
        }
    }

    @Test
    void aCancelledSubscriberHearsNothingMoreAndItsCallsDoNothing() {
        Recorded subscriber = subscribe(Ack.EXPLICIT);
        subscriber.subscription().request(10);

        subscriber.subscription().cancel();
        subscriber.subscription().cancel();
        subscriber.subscription().request(5);
        subscriber.subscription().request(-5);

        assertThat(member().isClosed()).isTrue();
        await().during(A_WHILE).atMost(SOON).until(() -> subscriber.signals.equals(List.of("subscribe")));
    }

    @Test
    void anEndOfTheMeshIsSignalledOnceAndNothingFollows() {
        Recorded failed = subscribe(Ack.EXPLICIT);
        failed.subscription().request(10);
        member().end(new EventMeshException(ErrorCode.FENCED, "epoch: 1 (expected: 2)"));
        Recorded completed = subscribe(Ack.EXPLICIT);
        member().end(null);

        await().atMost(SOON).until(() -> failed.failure != null && completed.signals.size() == 2);
        failed.subscription().request(-1);
        completed.subscription().request(1);
        client.close();

        assertThat(EventMeshException.of(Objects.requireNonNull(failed.failure)).code())
                .isEqualTo(ErrorCode.FENCED);
        assertThat(failed.signals).containsExactly("subscribe", "error");
        assertThat(completed.signals).containsExactly("subscribe", "complete");
    }

    @Test
    void aRefusedSubscriptionFailsTheStreamAfterItsFirstSignal() {
        mesh.refuseWith(ErrorCode.ALREADY_EXISTS);

        Recorded subscriber = subscribe(Ack.EXPLICIT);

        await().atMost(SOON).until(() -> subscriber.failure != null);
        assertThat(subscriber.signals).containsExactly("subscribe", "error");
    }

    @Test
    void closingTheClientCompletesTheStreamAfterWhatIsSignalled() {
        Semaphore gate = new Semaphore(0);
        Recorded subscriber = subscribe(Ack.AUTO);
        subscriber.onNext = delivery -> gate.acquireUninterruptibly();
        subscriber.subscription().request(1);
        offer("a");
        await().atMost(SOON).until(() -> subscriber.signals.contains("a"));

        CompletableFuture<Void> closing = CompletableFuture.runAsync(client::close);
        await().during(A_WHILE).atMost(SOON).until(() -> !closing.isDone());
        gate.release();
        closing.join();

        assertThat(subscriber.signals).containsExactly("subscribe", "a", "complete");
        assertThat(member().acked()).containsExactly(0L);
        assertThat(member().isClosed()).isTrue();
        assertThat(subscriber.overlapped).isFalse();
    }

    @Test
    void aSubscriberThatThrowsIsCancelledAndItsEventReleased() {
        Recorded subscriber = subscribe(Ack.AUTO);
        subscriber.onNext = delivery -> {
            throw new IllegalStateException("no");
        };
        subscriber.subscription().request(5);

        offer("a");

        await().atMost(SOON).until(() -> member().isClosed());
        assertThat(member().released()).isEqualTo(Map.of(0L, Duration.ZERO));
        assertThat(member().acked()).isEmpty();
        assertThat(subscriber.signals).containsExactly("subscribe", "a");
    }

    @Test
    void eachSubscriberIsAMemberOfItsOwnAndNoneIsNull() {
        Flow.Publisher<Delivery<String>> publisher = client.stream("orders", "audit", String.class);

        publisher.subscribe(new Recorded());
        publisher.subscribe(new Recorded());

        assertThat(mesh.members()).hasSize(2);
        assertThatNullPointerException().isThrownBy(() -> publisher.subscribe(nothing()));
    }

    @SuppressWarnings("NullAway") // what Java without annotations may pass
    private static Flow.Subscriber<Delivery<String>> nothing() {
        return null;
    }

    @Test
    void explicitAcksSettleAndTheDemandOfARejectedEventStands() {
        List<Delivery<Order>> got = new ArrayList<>();
        List<Flow.Subscription> given = new ArrayList<>();
        client.stream("orders", "audit", Order.class).subscribe(new Flow.Subscriber<>() {
            @Override
            public void onSubscribe(Flow.Subscription subscription) {
                given.add(subscription);
            }

            @Override
            public void onNext(Delivery<Order> delivery) {
                delivery.ack();
                got.add(delivery);
            }

            @Override
            public void onError(Throwable why) {}

            @Override
            public void onComplete() {}
        });
        given.get(0).request(1);

        offer("no json");
        await().atMost(SOON).until(() -> offer("{\"customer\":\"c\",\"total\":3}"));

        await().atMost(SOON).until(() -> got.size() == 1);
        assertThat(got.get(0).value()).isEqualTo(new Order("c", 3));
        assertThat(member().rejected().get(0L)).contains("Order").doesNotContain("no json");
        assertThat(member().acked()).containsExactly(1L);
        assertThat(offer("{}")).isFalse();
    }

    record Order(String customer, int total) {}
}
