package io.eventmesh.runtime.mesh;

import static io.eventmesh.runtime.mesh.MeshFixture.CALLER;
import static io.eventmesh.runtime.mesh.MeshFixture.RUNTIME;
import static io.eventmesh.runtime.mesh.MeshFixture.event;
import static io.eventmesh.runtime.mesh.MeshFixture.ids;
import static io.eventmesh.runtime.mesh.MeshFixture.now;
import static io.eventmesh.runtime.mesh.MeshFixture.terms;
import static org.assertj.core.api.Assertions.assertThat;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.TopicName;
import io.eventmesh.common.topic.TopicPattern;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.mesh.CallContext;
import io.eventmesh.spi.mesh.Member;
import io.eventmesh.spi.mesh.Outgoing;
import io.eventmesh.spi.mesh.SubscribeTerms;
import io.eventmesh.spi.mesh.TaskFence;
import io.eventmesh.spi.storage.DeliveryTerms;
import io.eventmesh.spi.storage.Position;
import io.eventmesh.spi.storage.RetryPolicy;
import io.eventmesh.spi.storage.Start;
import io.eventmesh.testkit.mesh.RecordingReceiver;
import io.eventmesh.testkit.storage.Faults;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

@NullUnmarked // a missing entry fails the test by itself
class LocalMeshTest {
    private final MeshFixture fixture = new MeshFixture();

    @AfterEach
    void close() {
        fixture.close();
    }

    @Test
    void whatIsPublishedIsDeliveredAckedAndCommitted() {
        RecordingReceiver receiver = new RecordingReceiver();
        Member member = fixture.subscribe("g", "orders/created", receiver);

        fixture.publish("orders/created", event("1"));
        fixture.publish("orders/created", event("2"));

        assertThat(ids(receiver)).containsExactly("1", "2");
        receiver.deliveries().forEach(delivery -> member.ack(delivery.id()));
        fixture.time.advance(Duration.ofMillis(200));
        assertThat(now(fixture.mesh.subscriptions()).get(0).lagEvents()).isZero();
    }

    @Test
    void aGroupThatComesBackGoesOnWhereItWas() {
        RecordingReceiver first = new RecordingReceiver();
        Member member = fixture.subscribe("g", "orders", first);
        fixture.publish("orders", event("1"));
        member.ack(first.deliveries().get(0).id());
        member.close();
        fixture.time.advance(Duration.ofMinutes(1));

        fixture.publish("orders", event("2"));
        RecordingReceiver second = new RecordingReceiver();
        fixture.subscribe("g", "orders", second);

        assertThat(ids(second)).containsExactly("2");
    }

    @Test
    void nothingIsDeliveredBeyondTheCredit() {
        RecordingReceiver receiver = new RecordingReceiver();
        Member member = now(fixture.mesh.subscribe(MeshFixture.CALLER, terms("g", "orders"), receiver));
        fixture.publish("orders", event("1"));
        fixture.publish("orders", event("2"));
        assertThat(receiver.deliveries()).isEmpty();

        member.request(1, 1);
        assertThat(ids(receiver)).containsExactly("1");

        member.request(5, 0);
        assertThat(ids(receiver)).hasSize(1);
        member.request(0, 1_000);
        assertThat(ids(receiver)).containsExactly("1", "2");
    }

    // admission

    private static void refused(CompletionStage<?> stage, ErrorCode code) {
        assertThat(stage.toCompletableFuture())
                .failsWithin(Duration.ofSeconds(1))
                .withThrowableThat()
                .havingCause()
                .isInstanceOfSatisfying(
                        EventMeshException.class,
                        failure ->
                                assertThat(failure.code()).as(failure.reason()).isEqualTo(code));
    }

    private CompletionStage<Position> send(CallContext as, String topic, Event event) {
        return fixture.mesh.publish(as, new Outgoing(TopicName.of(topic), event));
    }

    @Test
    void onlyRuntimesWriteReservedTopicsAndSetTargetAndHops() {
        refused(send(CALLER, "_t/default/b", event("1")), ErrorCode.PERMISSION_DENIED);
        refused(
                fixture.mesh.publish(CALLER, new Outgoing(TopicName.of("a"), event("1"), "r/t", 0)),
                ErrorCode.PERMISSION_DENIED);
        refused(
                fixture.mesh.publish(CALLER, new Outgoing(TopicName.of("a"), event("1"), null, 1)),
                ErrorCode.PERMISSION_DENIED);
        assertThat(now(fixture.mesh.streams())).isEmpty();

        now(fixture.mesh.publish(RUNTIME, new Outgoing(TopicName.of("_t/default/b"), event("1"), "r/t", 1)));
    }

    @Test
    void deadLetterAttributesComeFromRuntimesOnReservedTopicsOnly() {
        Event letter = event("1").with(Map.of("dlreason", "rejected"));
        refused(send(CALLER, "a", letter), ErrorCode.EVENT_INVALID);
        refused(send(RUNTIME, "a", letter), ErrorCode.EVENT_INVALID);
        now(send(RUNTIME, "_dl/default/connector/c", letter));
    }

    @Test
    void anUnsoundEventIsRefusedAlone() {
        Event unsound = Event.builder().id("2").source("/s").build();
        List<CompletionStage<Position>> answers = fixture.mesh.publish(
                CALLER,
                List.of(
                        new Outgoing(TopicName.of("a"), event("1")),
                        new Outgoing(TopicName.of("a"), unsound),
                        new Outgoing(TopicName.of("b"), event("3"))));

        now(answers.get(0));
        refused(answers.get(1), ErrorCode.EVENT_INVALID);
        now(answers.get(2));
    }

    @Test
    void anEventOverTheLimitIsRefused() {
        Event large = Event.builder()
                .id("1")
                .source("/s")
                .type("t")
                .data(new byte[1 << 20])
                .build();
        refused(send(CALLER, "a", large), ErrorCode.EVENT_TOO_LARGE);
    }

    @Test
    void tooManyAppendsInFlightAreRefusedAndRecover() {
        MeshSettings narrow = MeshSettings.defaults("r1").withMaxAppends(2);
        try (MeshFixture bounded = new MeshFixture(narrow)) {
            bounded.publish("a", event("0"));
            bounded.storage.faults().delayAll(Faults.Operation.APPEND);
            Outgoing outgoing = new Outgoing(TopicName.of("a"), event("1"));
            bounded.mesh.publish(CALLER, outgoing);
            bounded.mesh.publish(CALLER, outgoing);
            refused(bounded.mesh.publish(CALLER, outgoing), ErrorCode.OVERLOADED);

            bounded.storage.faults().heal();
            bounded.storage.faults().release();
            now(bounded.mesh.publish(CALLER, outgoing));
        }
    }

    @Test
    void withoutAutoCreateAnUnknownTopicIsNotFound() {
        TopicsConfig closed = new TopicsConfig(false, 4, Map.of());
        try (MeshFixture strict = new MeshFixture(MeshSettings.defaults("r1").withTopics(closed))) {
            Outgoing outgoing = new Outgoing(TopicName.of("a"), event("1"));
            refused(strict.mesh.publish(CALLER, outgoing), ErrorCode.TOPIC_NOT_FOUND);
            refused(strict.mesh.subscribe(CALLER, terms("g", "a"), new RecordingReceiver()), ErrorCode.TOPIC_NOT_FOUND);
            assertThat(now(strict.mesh.streams())).isEmpty();
        }
    }

    @Test
    void anOlderFenceOfATaskIsRefusedEverywhere() {
        CallContext old = RUNTIME.withFence(new TaskFence("t", 1, 1));
        CallContext newer = RUNTIME.withFence(new TaskFence("t", 1, 2));
        RecordingReceiver first = new RecordingReceiver();
        now(fixture.mesh.subscribe(old, terms("_connectors/c", "a"), first));

        RecordingReceiver second = new RecordingReceiver();
        now(fixture.mesh.subscribe(newer, terms("_connectors/c", "a"), second)).request(10, 1 << 20);

        assertThat(first.isClosed()).isTrue();
        assertThat(first.cause()).isNotNull();
        assertThat(first.cause().code()).isEqualTo(ErrorCode.FENCED);
        refused(fixture.mesh.subscribe(old, terms("_connectors/c", "a"), new RecordingReceiver()), ErrorCode.FENCED);
        refused(send(old, "a", event("1")), ErrorCode.FENCED);
        now(send(newer, "a", event("2")));
        assertThat(ids(second)).containsExactly("2");
        refused(send(CALLER.withFence(new TaskFence("t", 9, 9)), "a", event("3")), ErrorCode.PERMISSION_DENIED);
    }

    @Test
    void aFenceFromTheMetaStoreEndsTheOldMemberAndItsAcksCountNot() {
        RecordingReceiver old = new RecordingReceiver();
        Member member = now(
                fixture.mesh.subscribe(RUNTIME.withFence(new TaskFence("t", 1, 1)), terms("_connectors/c", "a"), old));
        member.request(10, 1 << 20);
        fixture.publish("a", event("1"));
        fixture.mesh.fence(new TaskFence("t", 2, 1));
        assertThat(old.isClosed()).isTrue();
        member.ack(old.deliveries().get(0).id());

        RecordingReceiver next = new RecordingReceiver();
        now(fixture.mesh.subscribe(RUNTIME.withFence(new TaskFence("t", 2, 1)), terms("_connectors/c", "a"), next))
                .request(10, 1 << 20);
        assertThat(ids(next)).containsExactly("1");
    }

    @Test
    void groupsOfTheMeshAreForRuntimes() {
        refused(
                fixture.mesh.subscribe(CALLER, terms("_rules/b", "a"), new RecordingReceiver()),
                ErrorCode.PERMISSION_DENIED);
    }

    @Test
    void aWildcardBelowTakesWhatMatches() {
        RecordingReceiver receiver = new RecordingReceiver();
        fixture.subscribe("g", "orders/*/created", receiver);
        fixture.publish("orders/eu/created", event("1"));
        fixture.publish("orders/eu/deleted", event("2"));
        fixture.publish("orders/us/created", event("3"));
        assertThat(ids(receiver)).containsExactly("1", "3");
    }

    @Test
    void otherTermsForTheSameGroupAreRefused() {
        fixture.subscribe("g", "a", new RecordingReceiver());
        DeliveryTerms other = new DeliveryTerms(RetryPolicy.DEFAULT, Duration.ofSeconds(7), true);
        refused(
                fixture.mesh.subscribe(CALLER, terms("g", "a", other), new RecordingReceiver()),
                ErrorCode.ALREADY_EXISTS);
    }

    @Test
    void aPassingGroupSeesWhatIsNewAndIsGoneWithItsMember() {
        fixture.publish("a", event("old"));
        RecordingReceiver receiver = new RecordingReceiver();
        Member member = fixture.subscribe("", "a", receiver);
        fixture.publish("a", event("new"));
        assertThat(ids(receiver)).containsExactly("new");

        member.close();
        assertThat(now(fixture.mesh.subscriptions())).isEmpty();
    }

    @Test
    void aRejectedEventGoesUntouchedToTheDeadLetterOfItsGroup() {
        RecordingReceiver receiver = new RecordingReceiver();
        Member member = fixture.subscribe("billing/eu", "orders/new", receiver);
        RecordingReceiver letters = new RecordingReceiver();
        now(fixture.mesh.subscribe(RUNTIME, terms("look", "_dl/default/group/billing/eu"), letters))
                .request(10, 1 << 20);
        fixture.publish("orders/new", event("1", "k"));

        member.reject(receiver.deliveries().get(0).id(), "no such customer");

        assertThat(letters.deliveries()).singleElement().satisfies(letter -> {
            Event dead = letter.record().event();
            assertThat(dead.id()).isEqualTo("1");
            assertThat(letter.record().key()).isEqualTo("k");
            assertThat(dead.attribute("dlreason")).isEqualTo("rejected");
            assertThat(dead.attribute("dlmsg")).isEqualTo("no such customer");
            assertThat(dead.attribute("dlexhausted")).isEqualTo("permanent");
            assertThat(dead.attribute("dlattempts")).isEqualTo("1");
            assertThat(dead.attribute("dltopic")).isEqualTo("orders/new");
            assertThat(dead.attribute("dlposition"))
                    .isEqualTo(receiver.deliveries().get(0).position().toString());
        });
    }

    @Test
    void drainWaitsForWhatIsInFlightAndTakesNothingNew() {
        RecordingReceiver receiver = new RecordingReceiver();
        Member member = fixture.subscribe("g", "a", receiver);
        fixture.publish("a", event("1"));

        CompletionStage<Void> drained = fixture.mesh.drain();
        refused(send(CALLER, "a", event("2")), ErrorCode.SHUTTING_DOWN);
        refused(fixture.mesh.subscribe(CALLER, terms("h", "a"), new RecordingReceiver()), ErrorCode.SHUTTING_DOWN);
        assertThat(drained.toCompletableFuture()).isNotDone();
        assertThat(receiver.isClosed()).isFalse();

        member.ack(receiver.deliveries().get(0).id());
        assertThat(drained.toCompletableFuture()).isDone();
        assertThat(receiver.cause()).isNotNull();
        assertThat(receiver.cause().code()).isEqualTo(ErrorCode.SHUTTING_DOWN);
    }

    @Test
    void aMemberThatHasNothingToSettleIsSentElsewhereBeforeTheOthersHaveSettled() {
        RecordingReceiver busy = new RecordingReceiver();
        fixture.subscribe("g", "a", busy);
        fixture.publish("a", event("1"));
        RecordingReceiver idle = new RecordingReceiver();
        fixture.subscribe("g", "a", idle);

        fixture.mesh.drain();

        assertThat(busy.deliveries()).hasSize(1);
        assertThat(busy.isClosed()).isFalse();
        assertThat(idle.cause()).isNotNull();
        assertThat(idle.cause().code()).isEqualTo(ErrorCode.SHUTTING_DOWN);
    }

    @Test
    void whatAMemberLeavesBehindInGoodOrderIsNotHeldAgainstTheEvent() {
        DeliveryTerms once = new DeliveryTerms(
                new RetryPolicy(1, Duration.ofSeconds(1), 1, Duration.ofSeconds(1)), Duration.ofSeconds(30), true);
        SubscribeTerms terms = new SubscribeTerms("g", TopicPattern.of("a"), Start.latest(), once, "test");
        Member first = now(fixture.mesh.subscribe(CALLER, terms, new RecordingReceiver()));
        first.request(10, 1 << 20);
        fixture.publish("a", event("1"));
        RecordingReceiver second = new RecordingReceiver();
        now(fixture.mesh.subscribe(CALLER, terms, second)).request(10, 1 << 20);

        first.leave();

        assertThat(second.deliveries()).singleElement().satisfies(again -> {
            assertThat(again.attempt()).isEqualTo(2);
            assertThat(again.record().topic().value()).isEqualTo("a");
        });
    }

    @Test
    void publishesAreCountedByDoorAndResult() {
        fixture.publish("a", event("1"));
        refused(send(CALLER, "_t/x", event("2")), ErrorCode.PERMISSION_DENIED);
        assertThat(fixture.meters
                        .get("eventmesh.publish.events")
                        .tags("protocol", "test", "result", "stored")
                        .counter()
                        .count())
                .isEqualTo(1);
        assertThat(fixture.meters
                        .get("eventmesh.publish.events")
                        .tags("protocol", "test", "result", "refused")
                        .counter()
                        .count())
                .isEqualTo(1);
    }
}
