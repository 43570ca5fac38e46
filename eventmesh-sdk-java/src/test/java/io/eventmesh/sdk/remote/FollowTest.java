package io.eventmesh.sdk.remote;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.topic.TopicName;
import io.eventmesh.common.topic.TopicPattern;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.mesh.CallContext;
import io.eventmesh.spi.mesh.Member;
import io.eventmesh.spi.mesh.MeshEndpoint;
import io.eventmesh.spi.mesh.Outgoing;
import io.eventmesh.spi.mesh.SubscribeTerms;
import io.eventmesh.spi.storage.DeliveryTerms;
import io.eventmesh.spi.storage.Position;
import io.eventmesh.spi.storage.Start;
import io.eventmesh.testkit.mesh.RecordingMember;
import io.eventmesh.testkit.mesh.RecordingReceiver;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** A client whose runtime dies, falls silent, hangs, refuses or is about to end goes on at another one. */
class FollowTest extends RemoteFixture {
    private static final RemoteOptions SOON_SILENT =
            RemoteOptions.defaults().toBuilder().silence(Duration.ofMillis(800)).build();

    private static SubscribeTerms terms(String group) {
        return new SubscribeTerms(group, TopicPattern.of("orders/>"), Start.earliest(), DeliveryTerms.DEFAULT, "me");
    }

    private static List<String> ids(TestRuntime... runtimes) {
        return Stream.of(runtimes)
                .flatMap(runtime -> runtime.mesh.published().stream())
                .map(published -> published.outgoing().event().id())
                .toList();
    }

    private static List<String> numbers(int to) {
        return IntStream.range(0, to).mapToObj(Integer::toString).toList();
    }

    private TestRuntime patient(String id) {
        TestRuntime runtime = TestRuntime.started(id, Duration.ofSeconds(5), Duration.ofMillis(200));
        toClose.add(runtime);
        return runtime;
    }

    private Gate gate(TestRuntime runtime) throws Exception {
        Gate gate = Gate.to(runtime);
        toClose.add(gate);
        return gate;
    }

    // about to end

    @Test
    void publishesMoveFromARuntimeThatIsAboutToEndEachStoredOnceAndInOrder() throws Exception {
        TestRuntime first = patient("a");
        TestRuntime second = runtime("b");
        RemoteMesh mesh = mesh();
        discovery.tell(first.endpoint());
        now(mesh.publish(CALLER, outgoing("0")));
        discovery.tell(first.endpoint(), second.endpoint());

        List<CompletionStage<Position>> answers = new ArrayList<>();
        for (int i = 1; i < 3_000; i++) {
            answers.add(mesh.publish(CALLER, outgoing(Integer.toString(i))));
            if (i == 1_000) {
                first.drain();
            }
        }

        for (CompletionStage<Position> answer : answers) {
            now(answer);
        }
        assertThat(ids(first, second)).containsExactlyElementsOf(numbers(3_000));
        assertThat(second.mesh.published()).isNotEmpty();
    }

    @Test
    void whatARuntimeTookBeforeItsEndIsAnsweredByItAndNotSentAgain() throws Exception {
        TestRuntime first = patient("a");
        TestRuntime second = runtime("b");
        RemoteMesh mesh = mesh();
        discovery.tell(first.endpoint());
        first.mesh.hold();
        CompletionStage<Position> taken = mesh.publish(CALLER, outgoing("0"));
        await().atMost(SOON).until(() -> first.mesh.heldCount() == 1);
        discovery.tell(first.endpoint(), second.endpoint());

        first.drain();
        CompletionStage<Position> later = mesh.publish(CALLER, outgoing("1"));
        first.mesh.release();

        now(taken);
        now(later);
        assertThat(ids(first)).containsExactly("0");
        assertThat(ids(second)).containsExactly("1");
    }

    @Test
    void publishesMoveFromARuntimeThatOnlyRefusesThem() throws Exception {
        TestRuntime first = runtime("a");
        TestRuntime second = runtime("b");
        RemoteMesh mesh = mesh();
        discovery.tell(first.endpoint());
        now(mesh.publish(CALLER, outgoing("0")));
        discovery.tell(first.endpoint(), second.endpoint());
        first.mesh.refuseWith(ErrorCode.SHUTTING_DOWN);

        List<CompletionStage<Position>> answers = mesh.publish(
                CALLER,
                IntStream.range(1, 500)
                        .mapToObj(i -> outgoing(Integer.toString(i)))
                        .toList());

        for (CompletionStage<Position> answer : answers) {
            now(answer);
        }
        assertThat(ids(first, second)).containsExactlyElementsOf(numbers(500));
    }

    @Test
    void aRequestThatWaitsIsAnsweredByTheRuntimeThatIsAboutToEndAndTheNextOneGoesElsewhere() throws Exception {
        TestRuntime first = patient("a");
        TestRuntime second = runtime("b");
        CompletableFuture<Event> reply = new CompletableFuture<>();
        first.mesh.answerRequests(request -> reply);
        second.mesh.answerRequests(request -> CompletableFuture.completedStage(event("second")));
        RemoteMesh mesh = mesh();
        discovery.tell(first.endpoint());
        CompletionStage<Event> waiting = mesh.request(CALLER, outgoing("1"), Duration.ofSeconds(10));
        await().atMost(SOON).until(() -> first.mesh.requested().size() == 1);
        discovery.tell(first.endpoint(), second.endpoint());

        first.drain();
        CompletionStage<Event> next = mesh.request(CALLER, outgoing("2"), Duration.ofSeconds(10));
        assertThat(now(next).id()).isEqualTo("second");
        reply.complete(event("first"));

        assertThat(now(waiting).id()).isEqualTo("first");
        assertThat(second.mesh.requested()).hasSize(1);
    }

    @Test
    void aMemberGoesOnElsewhereAtOnceAndSettlesWhereItWasOnlyWhatItHasBegunWith() throws Exception {
        TestRuntime first = patient("a");
        TestRuntime second = runtime("b");
        RemoteMesh mesh = mesh();
        discovery.tell(first.endpoint());
        QueueingReceiver receiver = new QueueingReceiver();
        Member member = now(mesh.subscribe(CALLER, terms("billing"), receiver));
        member.request(10, 1 << 20);
        RecordingMember before = first.mesh.members().get(0);
        await().atMost(SOON).until(() -> before.eventCredit() == 10);
        for (int i = 0; i < 3; i++) {
            before.offer("orders/eu", event(Integer.toString(i)));
        }
        await().atMost(SOON).until(() -> receiver.waiting() == 3);
        long begun = receiver.begin().id();
        discovery.tell(first.endpoint(), second.endpoint());

        first.drain();

        await().atMost(SOON).until(() -> second.mesh.members().size() == 1);
        RecordingMember after = second.mesh.members().get(0);
        await().atMost(SOON).until(() -> after.eventCredit() == 9);
        assertThat(after.byteCredit()).isEqualTo((1 << 20) - event("0").size());
        assertThat(receiver.waiting()).isZero();
        assertThat(before.isClosed()).isFalse();

        before.offer("orders/eu", event("late"));
        member.ack(begun);
        await().atMost(SOON).until(before::isClosed);
        assertThat(before.acked()).containsExactly(0L);
        assertThat(after.acked()).isEmpty();
        assertThat(receiver.waiting()).isZero();
        after.offer("orders/eu", event("1"), 1);
        await().atMost(SOON).until(() -> receiver.waiting() == 1);
        member.ack(receiver.begin().id());
        await().atMost(SOON).until(() -> after.acked().size() == 1);
        assertThat(receiver.isClosed()).isFalse();
    }

    @Test
    void aMemberThatIsClosedWhileItMovesLeavesBothRuntimes() throws Exception {
        TestRuntime first = patient("a");
        TestRuntime second = runtime("b");
        RemoteMesh mesh = mesh();
        discovery.tell(first.endpoint());
        RecordingReceiver receiver = new RecordingReceiver();
        Member member = now(mesh.subscribe(CALLER, terms("billing"), receiver));
        member.request(1, 1 << 20);
        RecordingMember before = first.mesh.members().get(0);
        await().atMost(SOON).until(() -> before.eventCredit() == 1);
        before.offer("orders/eu", event("1"));
        await().atMost(SOON).until(() -> receiver.deliveries().size() == 1);
        discovery.tell(first.endpoint(), second.endpoint());
        first.drain();
        await().atMost(SOON).until(() -> second.mesh.members().size() == 1);

        member.close();

        await().atMost(SOON).until(before::isClosed);
        await().atMost(SOON).until(() -> second.mesh.members().get(0).isClosed());
    }

    @Test
    void aBoundThatEveryRuntimeKeepsIsWaitedOutWhereTheClientIs() throws Exception {
        TestRuntime first = runtime("a");
        TestRuntime second = runtime("b");
        RemoteMesh mesh = mesh();
        discovery.tell(first.endpoint());
        now(mesh.publish(CALLER, outgoing("0")));
        discovery.tell(first.endpoint(), second.endpoint());
        first.mesh.refuseWith(ErrorCode.QUOTA_EXCEEDED);

        CompletionStage<Member> attached = mesh.subscribe(CALLER, terms("billing"), new RecordingReceiver());
        await().during(Duration.ofMillis(300))
                .atMost(SOON)
                .until(() -> !attached.toCompletableFuture().isDone());
        first.mesh.refuseWith(null);

        now(attached);
        assertThat(second.mesh.members()).isEmpty();
        assertThat(mesh.state()).isNotEqualTo(ConnectionState.FAILOVER);
    }

    @Test
    void aClientThatMovesToARuntimeThatCameNewSendsNothingTwiceAndIsNotInterrupted() throws Exception {
        TestRuntime first = runtime("a");
        List<TestRuntime> others = new ArrayList<>();
        RemoteMesh mesh = mesh(RemoteOptions.defaults(), new SplittableRandom(7));
        List<ConnectionState> states = new CopyOnWriteArrayList<>();
        mesh.onStateChange(states::add);
        discovery.tell(first.endpoint());
        QueueingReceiver receiver = new QueueingReceiver();
        Member member = now(mesh.subscribe(CALLER, terms("billing"), receiver));
        member.request(10, 1 << 20);
        RecordingMember before = first.mesh.members().get(0);
        await().atMost(SOON).until(() -> before.eventCredit() == 10);
        before.offer("orders/eu", event("0"));
        before.offer("orders/eu", event("1"));
        await().atMost(SOON).until(() -> receiver.waiting() == 2);
        long begun = receiver.begin().id();

        List<CompletionStage<Position>> answers = new ArrayList<>();
        for (int i = 0; i < 2_000; i++) {
            answers.add(mesh.publish(CALLER, outgoing(Integer.toString(i))));
            if (i % 100 == 50 && others.size() < 10) {
                // each time by a chance of one in so many
                TestRuntime next = runtime("b" + i);
                others.add(next);
                discovery.tell(first.endpoint(), next.endpoint());
            }
        }

        for (CompletionStage<Position> answer : answers) {
            now(answer);
        }
        List<TestRuntime> all = new ArrayList<>(others);
        all.add(0, first);
        assertThat(ids(all.toArray(TestRuntime[]::new))).containsExactlyInAnyOrderElementsOf(numbers(2_000));
        assertThat(first.mesh.published().size()).isLessThan(2_000);
        all.forEach(each -> assertThat(ids(each).stream().map(Integer::valueOf)).isSorted());
        assertThat(receiver.waiting()).isZero();
        member.ack(begun);
        await().atMost(SOON).until(before::isClosed);
        assertThat(before.acked()).containsExactly(0L);
        assertThat(receiver.isClosed()).isFalse();
        assertThat(states).containsExactly(ConnectionState.READY);
    }

    // gone without a word

    @Test
    void aConnectionThatIsResetIsReplacedAndWhatWasNotAnsweredIsSentAgain() throws Exception {
        TestRuntime first = runtime("a");
        TestRuntime second = runtime("b");
        Gate gate = gate(first);
        RemoteMesh mesh = mesh();
        discovery.tell(gate.endpoint("a"));
        now(mesh.subscribe(CALLER, terms("billing"), new RecordingReceiver()));
        first.mesh.hold();
        CompletionStage<Position> unanswered = mesh.publish(CALLER, outgoing("1"));
        await().atMost(SOON).until(() -> first.mesh.heldCount() == 1);
        discovery.tell(gate.endpoint("a"), second.endpoint());

        gate.reset();

        now(unanswered);
        assertThat(ids(second)).containsExactly("1");
        await().atMost(SOON).until(() -> second.mesh.members().size() == 1);
    }

    @Test
    void aConnectionThatFellSilentIsLeftByAllThatUsesIt() throws Exception {
        TestRuntime first = runtime("a");
        TestRuntime second = runtime("b");
        second.mesh.answerRequests(request -> CompletableFuture.completedStage(event("reply")));
        Gate gate = gate(first);
        RemoteMesh mesh = mesh(SOON_SILENT);
        discovery.tell(gate.endpoint("a"));
        now(mesh.subscribe(CALLER, terms("billing"), new RecordingReceiver()));
        now(mesh.publish(CALLER, outgoing("0")));
        discovery.tell(gate.endpoint("a"), second.endpoint());

        gate.hold();
        CompletionStage<Event> request = mesh.request(CALLER, outgoing("q"), Duration.ofSeconds(10));
        CompletionStage<Position> publish = mesh.publish(CALLER, outgoing("1"));

        now(publish);
        assertThat(now(request).id()).isEqualTo("reply");
        assertThat(ids(second)).containsExactlyInAnyOrder("1", "q");
        await().atMost(SOON).until(() -> second.mesh.members().size() == 1);
    }

    @Test
    void aRuntimeThatTakesConnectionsAndSaysNothingIsLeft() throws Exception {
        Gate nobody = Gate.toNobody();
        toClose.add(nobody);
        TestRuntime second = runtime("b");
        RemoteMesh mesh = mesh(SOON_SILENT);
        discovery.tell(nobody.endpoint("a"));
        CompletionStage<Position> publish = mesh.publish(CALLER, outgoing("1"));
        CompletionStage<Boolean> put = mesh.putSubscription(CALLER, terms("billing"));
        await().atMost(SOON).until(() -> nobody.connections() > 0);

        discovery.tell(nobody.endpoint("a"), second.endpoint());

        now(publish);
        assertThat(now(put)).isTrue();
    }

    @Test
    void whereNobodyListensTheNextOneIsTriedAtOnce() throws Exception {
        List<MeshEndpoint> endpoints = new ArrayList<>();
        for (String id : List.of("a", "b", "c")) {
            TestRuntime gone = TestRuntime.started(id);
            endpoints.add(gone.endpoint());
            gone.close();
        }
        TestRuntime alive = runtime("d");
        endpoints.add(alive.endpoint());
        RemoteMesh mesh = mesh();

        discovery.tell(endpoints.toArray(MeshEndpoint[]::new));

        now(mesh.publish(CALLER, outgoing("1")));
        assertThat(ids(alive)).containsExactly("1");
    }

    @Test
    void nothingHangsBeyondItsDeadlineAndNothingIsKeptThatGaveUp() throws Exception {
        Gate nobody = Gate.toNobody();
        toClose.add(nobody);
        RemoteMesh mesh = mesh();
        discovery.tell(nobody.endpoint("a"));
        CallContext hasty = new CallContext(
                CALLER.principal(),
                CALLER.namespace(),
                CALLER.door(),
                CALLER.connection(),
                System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(400),
                null,
                null);

        CompletionStage<Position> publish =
                mesh.publish(hasty, new Outgoing(TopicName.of("orders/eu"), event("hasty")));
        CompletionStage<Boolean> put = mesh.putSubscription(hasty, terms("billing"));
        CompletionStage<Event> request = mesh.request(CALLER, outgoing("q"), Duration.ofMillis(300));

        assertThat(refusal(publish).code()).isEqualTo(ErrorCode.DEADLINE_EXCEEDED);
        assertThat(refusal(put).code()).isEqualTo(ErrorCode.DEADLINE_EXCEEDED);
        assertThat(refusal(request).code()).isEqualTo(ErrorCode.DEADLINE_EXCEEDED);
        TestRuntime second = runtime("b");
        discovery.tell(second.endpoint());
        nobody.reset();
        now(mesh.publish(CALLER, outgoing("1")));
        assertThat(ids(second)).containsExactly("1");
    }
}
