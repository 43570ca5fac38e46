package io.eventmesh.sdk.remote;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.eventmesh.common.config.DataSize;
import io.eventmesh.common.config.Secret;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.common.topic.TopicName;
import io.eventmesh.common.topic.TopicPattern;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.mesh.CallContext;
import io.eventmesh.spi.mesh.Member;
import io.eventmesh.spi.mesh.MeshEndpoint;
import io.eventmesh.spi.mesh.Outgoing;
import io.eventmesh.spi.mesh.SubscribeTerms;
import io.eventmesh.spi.mesh.TaskFence;
import io.eventmesh.spi.security.Principal;
import io.eventmesh.spi.storage.DeliveryTerms;
import io.eventmesh.spi.storage.Position;
import io.eventmesh.spi.storage.RetryPolicy;
import io.eventmesh.spi.storage.Start;
import io.eventmesh.testkit.mesh.RecordingMember;
import io.eventmesh.testkit.mesh.RecordingReceiver;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RemoteMeshTest extends RemoteFixture {
    private static SubscribeTerms terms(String group) {
        return new SubscribeTerms(group, TopicPattern.of("orders/>"), Start.earliest(), DeliveryTerms.DEFAULT, "me");
    }

    @Test
    void aPublishReachesTheMeshWithAllThatStandsBesideIt() throws Exception {
        TestRuntime runtime = runtime("a");
        RemoteMesh mesh = mesh(RemoteOptions.defaults().asRuntime("r1", Secret.of("right")));
        discovery.tell(runtime.endpoint());
        CallContext context = CALLER.inNamespace("shop").withFence(new TaskFence("task-1", 3, 9));

        Position position =
                now(mesh.publish(context, new Outgoing(TopicName.of("_t/shop/bus"), event("1"), "rule/target", 2)));

        assertThat(position.partition().stream().toString()).isEqualTo("shop:_t/shop/bus");
        assertThat(runtime.mesh.published()).hasSize(1);
        CallContext came = runtime.mesh.published().get(0).context();
        Outgoing got = runtime.mesh.published().get(0).outgoing();
        assertThat(came.namespace()).isEqualTo("shop");
        assertThat(came.fence()).isEqualTo(new TaskFence("task-1", 3, 9));
        assertThat(came.principal()).isEqualTo(Principal.runtime("r1"));
        assertThat(got.target()).isEqualTo("rule/target");
        assertThat(got.hops()).isEqualTo(2);
        assertThat(got.event().toByteArray()).isEqualTo(event("1").toByteArray());
    }

    @Test
    void manyPublishesKeepTheirOrderAndEachHasItsAnswer() throws Exception {
        TestRuntime runtime = runtime("a");
        RemoteMesh mesh = mesh();
        discovery.tell(runtime.endpoint());

        List<CompletionStage<Position>> answers = mesh.publish(
                CALLER,
                IntStream.range(0, 5_000)
                        .mapToObj(i -> outgoing(Integer.toString(i)))
                        .toList());

        for (int i = 0; i < answers.size(); i++) {
            assertThat(now(answers.get(i)).offset()).isEqualTo(i);
        }
        assertThat(runtime.mesh.published().stream()
                        .map(p -> p.outgoing().event().id()))
                .containsExactlyElementsOf(
                        IntStream.range(0, 5_000).mapToObj(Integer::toString).toList());
    }

    @Test
    void aRefusedEventDoesNotTouchTheOthers() throws Exception {
        TestRuntime runtime = runtime("a");
        RemoteMesh mesh = mesh();
        discovery.tell(runtime.endpoint());
        Event withoutSource = Event.builder().id("2").type("t").build();

        List<CompletionStage<Position>> answers = mesh.publish(
                CALLER, List.of(outgoing("1"), new Outgoing(TopicName.of("orders"), withoutSource), outgoing("3")));

        now(answers.get(0));
        assertThat(refusal(answers.get(1)).code()).isEqualTo(ErrorCode.EVENT_INVALID);
        now(answers.get(2));
    }

    @Test
    void aLargeEventArrivesWholeAndATooLargeOneIsRefused() throws Exception {
        TestRuntime runtime = runtime("a");
        RemoteMesh mesh = mesh();
        discovery.tell(runtime.endpoint());
        byte[] data = new byte[1_000_000];
        new SplittableRandom(1).nextBytes(data);
        Event large = Event.builder().id("1").source("/t").type("t").data(data).build();
        Event over = Event.builder()
                .id("2")
                .source("/t")
                .type("t")
                .data(new byte[1 << 20])
                .build();
        Event wayOver = Event.builder()
                .id("3")
                .source("/t")
                .type("t")
                .data(new byte[5 << 20])
                .build();

        now(mesh.publish(CALLER, new Outgoing(TopicName.of("orders"), large)));

        assertThat(runtime.mesh.published().get(0).outgoing().event().data()).isEqualTo(data);
        assertThat(refusal(mesh.publish(CALLER, new Outgoing(TopicName.of("orders"), over)))
                        .code())
                .isEqualTo(ErrorCode.EVENT_TOO_LARGE);
        assertThat(refusal(mesh.publish(CALLER, new Outgoing(TopicName.of("orders"), wayOver)))
                        .code())
                .isEqualTo(ErrorCode.EVENT_TOO_LARGE);
        now(mesh.publish(CALLER, outgoing("4")));
    }

    @Test
    void moreThanTheBoundInFlightIsRefused() throws Exception {
        TestRuntime runtime = runtime("a");
        runtime.mesh.hold();
        RemoteMesh mesh = mesh(RemoteOptions.defaults().toBuilder()
                .maxInFlight(2, DataSize.ofMebibytes(1))
                .build());
        discovery.tell(runtime.endpoint());
        CompletionStage<Position> first = mesh.publish(CALLER, outgoing("1"));
        CompletionStage<Position> second = mesh.publish(CALLER, outgoing("2"));

        EventMeshException refused = refusal(mesh.publish(CALLER, outgoing("3")));

        assertThat(refused.code()).isEqualTo(ErrorCode.OVERLOADED);
        await().atMost(SOON).until(() -> runtime.mesh.heldCount() == 2);
        runtime.mesh.release();
        now(first);
        now(second);
    }

    @Test
    void aPublishWithoutAnyRuntimeEndsWithItsTimeOut() throws Exception {
        RemoteMesh mesh = mesh(RemoteOptions.defaults().toBuilder()
                .callTimeout(Duration.ofMillis(300))
                .build());

        EventMeshException refused = refusal(mesh.publish(CALLER, outgoing("1")));

        assertThat(refused.code()).isEqualTo(ErrorCode.DEADLINE_EXCEEDED);
    }

    @Test
    void aPublishWaitsForARuntimeToBeKnown() throws Exception {
        RemoteMesh mesh = mesh();
        CompletionStage<Position> waiting = mesh.publish(CALLER, outgoing("1"));
        TestRuntime runtime = runtime("a");

        discovery.tell(runtime.endpoint());

        now(waiting);
        assertThat(runtime.mesh.published()).hasSize(1);
    }

    @Test
    void aRuntimeThatBecomesKnownIsUsedAtOnceAlsoAfterEarlierPublishesGaveUp() throws Exception {
        RemoteMesh mesh = mesh(withPauses(Duration.ofMinutes(1)));
        refusal(mesh.publish(within(Duration.ofMillis(300)), outgoing("1")));
        TestRuntime runtime = runtime("a");

        discovery.tell(runtime.endpoint());

        now(mesh.publish(CALLER, outgoing("2")));
        assertThat(runtime.mesh.published()).hasSize(1);
    }

    @Test
    void aTimeOutNamesTheFailureBeforeItAndNoneThatIsOver() throws Exception {
        TestRuntime gone = TestRuntime.started("a");
        MeshEndpoint nobody = gone.endpoint();
        gone.close();
        RemoteMesh mesh = mesh(withPauses(Duration.ofMinutes(1)));
        discovery.tell(nobody);
        await().atMost(SOON)
                .untilAsserted(() -> assertThat(refusal(mesh.publish(within(Duration.ofMillis(300)), outgoing("1")))
                                .reason())
                        .contains("last failure: ")
                        .doesNotContain("last failure: none"));
        TestRuntime runtime = runtime("b");
        discovery.tell(nobody, runtime.endpoint());
        now(mesh.publish(CALLER, outgoing("2")));
        runtime.mesh.hold();

        EventMeshException unanswered = refusal(mesh.publish(within(Duration.ofMillis(300)), outgoing("3")));

        assertThat(unanswered.reason()).contains("last failure: none");
    }

    private static CallContext within(Duration bound) {
        return new CallContext(
                CALLER.principal(),
                CALLER.namespace(),
                CALLER.door(),
                CALLER.connection(),
                System.nanoTime() + bound.toNanos(),
                null,
                null);
    }

    private static RemoteOptions withPauses(Duration pause) {
        return RemoteOptions.defaults().toBuilder().backoff(pause, pause).build();
    }

    @Test
    void theWrongClusterKeyIsRefusedAtOnce() throws Exception {
        TestRuntime runtime = runtime("a");
        RemoteMesh mesh = mesh(RemoteOptions.defaults().asRuntime("r1", Secret.of("wrong")));
        discovery.tell(runtime.endpoint());

        assertThat(refusal(mesh.publish(CALLER, outgoing("1"))).code()).isEqualTo(ErrorCode.UNAUTHENTICATED);
        assertThat(refusal(mesh.subscribe(CALLER, terms("g"), new RecordingReceiver()))
                        .code())
                .isEqualTo(ErrorCode.UNAUTHENTICATED);
    }

    @Test
    void publishesGoOnAtTheAddressWhereTheMeshCameBack() throws Exception {
        TestRuntime first = runtime("a");
        RemoteMesh mesh = mesh();
        List<ConnectionState> states = new CopyOnWriteArrayList<>();
        mesh.onStateChange(states::add);
        discovery.tell(first.endpoint());
        now(mesh.publish(CALLER, outgoing("1")));
        first.mesh.hold();
        CompletionStage<Position> unanswered = mesh.publish(CALLER, outgoing("2"));
        await().atMost(SOON).until(() -> first.mesh.heldCount() == 1);

        first.close();
        CompletionStage<Position> later = mesh.publish(CALLER, outgoing("3"));
        TestRuntime second = runtime("a");
        discovery.tell(second.endpoint());

        now(unanswered);
        now(later);
        assertThat(second.mesh.published().stream()
                        .map(p -> p.outgoing().event().id()))
                .containsExactly("2", "3");
        await().atMost(SOON)
                .untilAsserted(() -> assertThat(states)
                        .containsExactly(ConnectionState.READY, ConnectionState.FAILOVER, ConnectionState.READY));
    }

    @Test
    void theOtherKnownRuntimeTakesOverAtOnce() throws Exception {
        TestRuntime first = runtime("a");
        TestRuntime second = runtime("b");
        RemoteMesh mesh = mesh();
        discovery.tell(first.endpoint());
        now(mesh.publish(CALLER, outgoing("1")));
        discovery.tell(first.endpoint(), second.endpoint());
        now(mesh.publish(CALLER, outgoing("2")));
        assertThat(second.mesh.published()).isEmpty();

        first.close();

        now(mesh.publish(CALLER, outgoing("3")));
        assertThat(second.mesh.published()).hasSize(1);
    }

    @Test
    void aMemberGetsWhatItAskedForAndSettles() throws Exception {
        TestRuntime runtime = runtime("a");
        RemoteMesh mesh = mesh();
        discovery.tell(runtime.endpoint());
        RecordingReceiver receiver = new RecordingReceiver();
        DeliveryTerms delivery = new DeliveryTerms(
                new RetryPolicy(7, Duration.ofMillis(10), 3, Duration.ofSeconds(1)), Duration.ofSeconds(9), false);

        Member member = now(mesh.subscribe(
                CALLER.inNamespace("shop"),
                new SubscribeTerms("billing", TopicPattern.of("orders/>"), Start.earliest(), delivery, "me"),
                receiver));

        RecordingMember served = runtime.mesh.members().get(0);
        assertThat(member.subscription()).isEqualTo(served.subscription());
        assertThat(served.terms())
                .isEqualTo(
                        new SubscribeTerms("billing", TopicPattern.of("orders/>"), Start.earliest(), delivery, "me"));
        assertThat(served.context().namespace()).isEqualTo("shop");
        assertThat(served.offer("orders/eu", event("0"))).isFalse();
        member.request(3, 10_000);
        await().atMost(SOON).until(() -> served.eventCredit() == 3 && served.byteCredit() == 10_000);
        assertThat(served.offer("orders/eu", event("1"), 4)).isTrue();
        assertThat(served.offer("orders/eu", event("2"))).isTrue();
        assertThat(served.offer("orders/us", event("3"))).isTrue();
        assertThat(served.offer("orders/us", event("4"))).isFalse();
        await().atMost(SOON).until(() -> receiver.deliveries().size() == 3);
        assertThat(receiver.deliveries().get(0).attempt()).isEqualTo(4);
        assertThat(receiver.deliveries().get(0).record().appendTimeMillis()).isEqualTo(1_000);
        assertThat(receiver.deliveries().get(2).record().topic().value()).isEqualTo("orders/us");
        assertThat(receiver.deliveries().get(2).position().partition().stream().toString())
                .isEqualTo("shop:orders");

        member.ack(receiver.deliveries().get(0).id());
        member.release(receiver.deliveries().get(1).id(), Duration.ofSeconds(5));
        member.reject(receiver.deliveries().get(2).id(), "no");

        await().atMost(SOON).untilAsserted(() -> {
            assertThat(served.acked()).containsExactly(0L);
            assertThat(served.released()).isEqualTo(Map.of(1L, Duration.ofSeconds(5)));
            assertThat(served.rejected()).isEqualTo(Map.of(2L, "no"));
        });
        member.close();
        await().atMost(SOON).until(served::isClosed);
        assertThat(receiver.isClosed()).isFalse();
    }

    @Test
    void aMemberGoesOnAtTheAddressWhereTheMeshCameBackWithTheCreditThatIsLeft() throws Exception {
        TestRuntime first = runtime("a");
        RemoteMesh mesh = mesh();
        discovery.tell(first.endpoint());
        RecordingReceiver receiver = new RecordingReceiver();
        Member member = now(mesh.subscribe(CALLER, terms("billing"), receiver));
        member.request(10, 1 << 20);
        RecordingMember before = first.mesh.members().get(0);
        await().atMost(SOON).until(() -> before.eventCredit() == 10);
        before.offer("orders/eu", event("1"));
        await().atMost(SOON).until(() -> receiver.deliveries().size() == 1);

        first.close();
        TestRuntime second = runtime("a");
        discovery.tell(second.endpoint());

        await().atMost(SOON).until(() -> second.mesh.members().size() == 1);
        RecordingMember after = second.mesh.members().get(0);
        assertThat(after.terms()).isEqualTo(before.terms());
        await().atMost(SOON).until(() -> after.eventCredit() == 9);
        assertThat(after.byteCredit()).isEqualTo((1 << 20) - event("1").size());

        // The first delivery belongs to a stream that is gone: its ack must not hit the one that took its number.
        member.ack(receiver.deliveries().get(0).id());
        after.offer("orders/eu", event("1"), 2);
        after.offer("orders/eu", event("2"));
        await().atMost(SOON).until(() -> receiver.deliveries().size() == 3);
        member.ack(receiver.deliveries().get(2).id());
        await().atMost(SOON).until(() -> !after.acked().isEmpty());
        assertThat(after.acked()).containsExactly(1L);
        assertThat(receiver.isClosed()).isFalse();
    }

    @Test
    void aMemberThatTheMeshFencedEndsWithTheCause() throws Exception {
        TestRuntime runtime = runtime("a");
        RemoteMesh mesh = mesh();
        discovery.tell(runtime.endpoint());
        RecordingReceiver receiver = new RecordingReceiver();
        now(mesh.subscribe(CALLER, terms("billing"), receiver));

        runtime.mesh.members().get(0).end(new EventMeshException(ErrorCode.FENCED, "epoch: 1 (expected: 2)"));

        await().atMost(SOON).until(receiver::isClosed);
        EventMeshException cause = receiver.cause();
        assertThat(cause).isNotNull();
        assertThat(Objects.requireNonNull(cause).code()).isEqualTo(ErrorCode.FENCED);
        assertThat(cause.reason()).isEqualTo("epoch: 1 (expected: 2)");
        assertThat(runtime.mesh.members()).hasSize(1);
    }

    @Test
    void aSubscriptionThatTheMeshRefusesFails() throws Exception {
        TestRuntime runtime = runtime("a");
        runtime.mesh.refuseWith(ErrorCode.ALREADY_EXISTS);
        RemoteMesh mesh = mesh();
        discovery.tell(runtime.endpoint());

        assertThat(refusal(mesh.subscribe(CALLER, terms("billing"), new RecordingReceiver()))
                        .code())
                .isEqualTo(ErrorCode.ALREADY_EXISTS);
    }

    @Test
    void aRuntimeThatDrainsAnswersWhatItTookAndTheRestGoesToTheOther() throws Exception {
        TestRuntime first = TestRuntime.started("a", Duration.ofSeconds(5), Duration.ofMillis(200));
        toClose.add(first);
        TestRuntime second = runtime("b");
        RemoteMesh mesh = mesh();
        discovery.tell(first.endpoint());
        RecordingReceiver receiver = new RecordingReceiver();
        now(mesh.subscribe(CALLER, terms("billing"), receiver));
        now(mesh.publish(CALLER, outgoing("0")));
        discovery.tell(first.endpoint(), second.endpoint());

        List<CompletionStage<Position>> answers = new ArrayList<>();
        for (int i = 1; i <= 2_000; i++) {
            answers.add(mesh.publish(CALLER, outgoing(Integer.toString(i))));
            if (i == 1_000) {
                first.close();
            }
        }

        for (CompletionStage<Position> answer : answers) {
            now(answer);
        }
        List<String> stored = new ArrayList<>();
        first.mesh.published().forEach(p -> stored.add(p.outgoing().event().id()));
        second.mesh.published().forEach(p -> stored.add(p.outgoing().event().id()));
        assertThat(stored)
                .containsAll(IntStream.rangeClosed(0, 2_000)
                        .mapToObj(Integer::toString)
                        .toList());
        assertThat(second.mesh.published()).isNotEmpty();
        await().atMost(SOON).until(() -> second.mesh.members().size() == 1);
        assertThat(receiver.isClosed()).isFalse();
    }

    @Test
    void aSilentRuntimeIsLeft() throws Exception {
        TestRuntime silent = TestRuntime.started("a", Duration.ZERO, Duration.ofMinutes(5));
        toClose.add(silent);
        TestRuntime lively = runtime("b");
        RemoteMesh mesh = mesh(RemoteOptions.defaults().toBuilder()
                .silence(Duration.ofMillis(800))
                .build());
        discovery.tell(silent.endpoint());
        now(mesh.subscribe(CALLER, terms("billing"), new RecordingReceiver()));

        discovery.tell(silent.endpoint(), lively.endpoint());

        await().atMost(SOON).until(() -> lively.mesh.members().size() == 1);
        await().atMost(SOON).until(() -> silent.mesh.members().get(0).isClosed());
    }

    @Test
    void operatorsCallsAreForRuntimes() throws Exception {
        TestRuntime runtime = runtime("a");
        RemoteMesh application = mesh();
        discovery.tell(runtime.endpoint());

        assertThat(refusal(application.streams()).code()).isEqualTo(ErrorCode.PERMISSION_DENIED);
        TestDiscovery other = new TestDiscovery().tell(runtime.endpoint());
        try (RemoteMesh peer = new RemoteMesh(
                other,
                RemoteOptions.defaults().asRuntime("r1", Secret.of("right")),
                MeshClock.system(),
                new SplittableRandom(7))) {
            assertThat(now(peer.streams())).isEmpty();
            assertThat(now(peer.subscriptions())).isEmpty();
            assertThat(peer.endpoints()).containsExactly(runtime.endpoint());
        }
        assertThat(other.closed).isTrue();
    }

    @Test
    void closeWaitsForAnswersAndTakesNothingNew() throws Exception {
        TestRuntime runtime = runtime("a");
        RemoteMesh mesh = mesh();
        discovery.tell(runtime.endpoint());
        List<CompletionStage<Position>> answers = mesh.publish(
                CALLER,
                IntStream.range(0, 1_000)
                        .mapToObj(i -> outgoing(Integer.toString(i)))
                        .toList());

        mesh.close();

        for (CompletionStage<Position> answer : answers) {
            now(answer);
        }
        assertThat(refusal(mesh.publish(CALLER, outgoing("late"))).code()).isEqualTo(ErrorCode.SHUTTING_DOWN);
        await().atMost(SOON)
                .untilAsserted(() -> assertThat(
                                Thread.getAllStackTraces().keySet().stream().map(Thread::getName))
                        .noneMatch(name -> name.startsWith("mesh-client-io")));
    }
}
