package io.eventmesh.runtime.mesh;

import static io.eventmesh.runtime.mesh.MeshFixture.CALLER;
import static io.eventmesh.runtime.mesh.MeshFixture.RUNTIME;
import static io.eventmesh.runtime.mesh.MeshFixture.event;
import static io.eventmesh.runtime.mesh.MeshFixture.ids;
import static io.eventmesh.runtime.mesh.MeshFixture.now;
import static io.eventmesh.runtime.mesh.MeshFixture.refused;
import static io.eventmesh.runtime.mesh.MeshFixture.terms;
import static org.assertj.core.api.Assertions.assertThat;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.common.topic.TopicPattern;
import io.eventmesh.spi.mesh.Member;
import io.eventmesh.spi.mesh.Mode;
import io.eventmesh.spi.mesh.SubscribeTerms;
import io.eventmesh.spi.mesh.SubscriptionStatus;
import io.eventmesh.spi.security.Authorizer;
import io.eventmesh.spi.storage.DeliveryTerms;
import io.eventmesh.spi.storage.Start;
import io.eventmesh.spi.target.Destination;
import io.eventmesh.spi.target.Outcome;
import io.eventmesh.testkit.mesh.RecordingReceiver;
import io.eventmesh.testkit.storage.Faults;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Subscriptions whose events the mesh itself sends to a destination. */
@NullUnmarked // a missing entry fails the test by itself
class PushTest {
    private static final Destination FAKE = new Destination("fake", "{}");
    private static final Outcome.Again BUSY =
            new Outcome.Again(ErrorCode.DELIVERY_FAILED, "busy", Duration.ofSeconds(2));
    private static final Outcome.Stop GONE = new Outcome.Stop(ErrorCode.DELIVERY_FAILED, "410 Gone");

    private final MeshFixture fixture = new MeshFixture();
    private final FakeTargets targets = fixture.targets;

    @AfterEach
    void close() {
        fixture.close();
    }

    private static SubscribeTerms push(String pattern) {
        return push(pattern, DeliveryTerms.DEFAULT.withDestination(FAKE));
    }

    private static SubscribeTerms push(String pattern, DeliveryTerms delivery) {
        return terms("g", pattern, delivery);
    }

    private static SubscriptionName name(String pattern) {
        return new SubscriptionName("default", "g", TopicPattern.of(pattern));
    }

    private SubscriptionStatus status() {
        return now(fixture.mesh.subscriptions()).stream()
                .filter(each -> each.name().group().equals("g"))
                .findFirst()
                .orElseThrow();
    }

    private boolean put(SubscribeTerms terms) {
        return now(fixture.mesh.putSubscription(CALLER, terms));
    }

    @Test
    void eventsAreSentAndDone() {
        assertThat(put(push("orders/#"))).isTrue();
        assertThat(put(push("orders/#"))).isFalse();
        fixture.publish("orders/new", event("1"));
        fixture.publish("orders/old", event("2"));
        fixture.time.advance(Duration.ofSeconds(1));

        assertThat(targets.sent()).containsExactly("1", "2");
        assertThat(status().lagEvents()).isZero();
        assertThat(status().terms().destination()).isEqualTo(FAKE);
        assertThat(status().state()).isEqualTo(SubscriptionStatus.State.ACTIVE);
        assertThat(targets.made()).isOne();
    }

    @Test
    void aTopicIsADestinationToo() {
        RecordingReceiver receiver = new RecordingReceiver();
        fixture.subscribe("reader", "copy", receiver);
        put(push("orders", DeliveryTerms.DEFAULT.withDestination(new Destination("topic", "{\"topic\":\"copy\"}"))));

        fixture.publish("orders", event("1"));

        assertThat(ids(receiver)).containsExactly("1");
    }

    @Test
    void whatIsNoDestinationIsRefusedAndMakesNothing() {
        DeliveryTerms plain = DeliveryTerms.DEFAULT;
        refused(
                fixture.mesh.putSubscription(CALLER, push("a", plain.withDestination(new Destination("fake", "bad")))),
                ErrorCode.RULE_INVALID);
        refused(
                fixture.mesh.putSubscription(CALLER, push("a", plain.withDestination(new Destination("fax", "{}")))),
                ErrorCode.PLUGIN_UNKNOWN);
        SubscribeTerms broadcasting =
                new SubscribeTerms("g", TopicPattern.of("a"), Mode.BROADCASTING, Start.latest(), plain, "test");
        refused(fixture.mesh.putSubscription(CALLER, broadcasting), ErrorCode.REQUEST_INVALID);
        refused(fixture.mesh.subscribe(CALLER, push("a"), new RecordingReceiver()), ErrorCode.REQUEST_INVALID);
        refused(fixture.mesh.deliverTo(CALLER, push("a"), FAKE, why -> {}), ErrorCode.REQUEST_INVALID);
        refused(
                fixture.mesh.putSubscription(CALLER, terms("_rules/b", "a", plain.withDestination(FAKE))),
                ErrorCode.PERMISSION_DENIED);

        assertThat(now(fixture.mesh.subscriptions())).isEmpty();
        assertThat(targets.made()).isZero();
    }

    // outcomes

    @Test
    void againIsTriedAfterItsDelay() {
        put(push("orders"));
        targets.answer(BUSY);
        fixture.publish("orders", event("1"));
        fixture.time.advance(Duration.ofMillis(1_900));
        assertThat(targets.sent()).containsExactly("1");
        assertThat(status().problem()).isEqualTo("busy");

        targets.answer(new Outcome.Done());
        fixture.time.advance(Duration.ofMillis(200));

        assertThat(targets.sent()).containsExactly("1", "1");
        assertThat(status().lagEvents()).isZero();
        assertThat(status().problem()).isEmpty();
        assertThat(targets.made()).isOne();
    }

    @Test
    void neverGoesToTheDeadLetterOfTheGroup() {
        RecordingReceiver letters = new RecordingReceiver();
        now(fixture.mesh.subscribe(RUNTIME, terms("look", "_dl/default/group/g"), letters))
                .request(10, 1 << 20);
        put(push("orders"));
        targets.answer(new Outcome.Never(ErrorCode.DELIVERY_FAILED, "400 Bad Request"));

        fixture.publish("orders", event("1"));

        assertThat(letters.deliveries())
                .singleElement()
                .satisfies(letter ->
                        assertThat(letter.record().event().attribute("dlmsg")).contains("400 Bad Request"));
    }

    @Test
    void aDestinationThatWantsNothingMoreGetsNothingMoreAndLosesNothing() {
        put(push("orders"));
        targets.answer(GONE);
        fixture.publish("orders", event("1"));
        fixture.publish("orders", event("2"));
        fixture.time.advance(Duration.ofMinutes(10));

        assertThat(targets.sent()).containsExactly("1");
        assertThat(targets.closed()).isOne();
        assertThat(status().problem()).contains("410 Gone");
        assertThat(status().state()).isEqualTo(SubscriptionStatus.State.IDLE);
        assertThat(status().lagEvents()).isEqualTo(2);

        targets.answer(new Outcome.Done());
        put(push("orders"));

        assertThat(targets.sent()).hasSize(3).contains("2");
        assertThat(status().problem()).isEmpty();
    }

    @Test
    void aSenderThatThrowsIsTriedAgain() {
        put(push("orders"));
        targets.answer(null);
        fixture.publish("orders", event("1"));
        targets.answer(new Outcome.Done());
        fixture.time.advance(Duration.ofSeconds(1));

        assertThat(targets.sent()).containsExactly("1", "1");
    }

    @Test
    void noMoreThanTheBoundIsOnItsWay() {
        try (MeshFixture narrow = new MeshFixture(MeshSettings.defaults("r1").withPushInFlight(3))) {
            now(narrow.mesh.putSubscription(CALLER, push("orders")));
            narrow.targets.silent();
            for (int i = 0; i < 10; i++) {
                narrow.publish("orders", event("" + i));
            }
            assertThat(narrow.targets.sent()).hasSize(3);

            narrow.targets.answerAll(new Outcome.Done());

            assertThat(narrow.targets.sent()).hasSize(6);
        }
    }

    @Test
    void eventsOfAKeyAreSentOneAfterAnother() {
        put(push("orders"));
        targets.silent();
        fixture.publish("orders", event("1", "k"));
        fixture.publish("orders", event("2", "k"));
        assertThat(targets.sent()).containsExactly("1");

        targets.answerAll(new Outcome.Done());

        assertThat(targets.sent()).containsExactly("1", "2");
    }

    @Test
    void aDestinationGetsNoMoreThanItAllows() {
        targets.perMinute(60);
        put(push("orders"));
        for (int i = 0; i < 30; i++) {
            fixture.publish("orders", event("" + i));
        }
        assertThat(targets.sent()).hasSize(1);

        fixture.time.advance(Duration.ofSeconds(10));
        assertThat(targets.sent()).hasSize(11);
        fixture.time.advance(Duration.ofSeconds(30));
        assertThat(targets.sent()).hasSize(30).doesNotHaveDuplicates();
    }

    // consent

    @Test
    void nothingIsSentBeforeTheDestinationConsented() {
        targets.consent(BUSY);
        put(push("orders"));
        fixture.publish("orders", event("1"));
        assertThat(targets.sent()).isEmpty();
        assertThat(status().problem()).contains("busy");

        targets.consent(new Outcome.Done());
        fixture.time.advance(Duration.ofSeconds(2));

        assertThat(targets.sent()).containsExactly("1");
        assertThat(status().problem()).isEmpty();
        assertThat(targets.asked()).isEqualTo(2);
    }

    @Test
    void askingAgainBacksOff() {
        targets.consent(new Outcome.Again(ErrorCode.DELIVERY_FAILED, "not reached", Duration.ZERO));
        put(push("orders"));

        fixture.time.advance(Duration.ofMinutes(10));

        assertThat(targets.asked()).isBetween(8, 20);
    }

    @Test
    void aRefusedConsentStopsBeforeTheFirstEvent() {
        targets.consent(new Outcome.Stop(ErrorCode.PERMISSION_DENIED, "no WebHook-Allowed-Origin"));
        put(push("orders"));
        fixture.publish("orders", event("1"));
        fixture.time.advance(Duration.ofMinutes(1));

        assertThat(targets.sent()).isEmpty();
        assertThat(targets.asked()).isOne();
        assertThat(status().problem()).contains("WebHook-Allowed-Origin");
        assertThat(status().lagEvents()).isOne();
    }

    // change, deletion, restart

    @Test
    void changedTermsEndTheMembersWhoComeBackUnderTheNewOnes() {
        SubscribeTerms before = terms("g", "orders");
        RecordingReceiver receiver = new RecordingReceiver();
        now(fixture.mesh.subscribe(CALLER, before, receiver)).request(10, 1 << 20);
        SubscribeTerms after =
                terms("g", "orders", new DeliveryTerms(DeliveryTerms.DEFAULT.retry(), Duration.ofSeconds(7), true));

        assertThat(put(after)).isFalse();

        assertThat(receiver.cause().code()).isEqualTo(ErrorCode.VERSION_CONFLICT);
        refused(fixture.mesh.subscribe(CALLER, before, new RecordingReceiver()), ErrorCode.ALREADY_EXISTS);
        RecordingReceiver again = new RecordingReceiver();
        now(fixture.mesh.subscribe(CALLER, after, again)).request(10, 1 << 20);
        fixture.publish("orders", event("1"));
        assertThat(ids(again)).containsExactly("1");
        assertThat(status().terms().ackTimeout()).isEqualTo(Duration.ofSeconds(7));
    }

    @Test
    void anotherDestinationGetsWhatComesFromNowOn() {
        put(push("orders"));
        fixture.publish("orders", event("1"));

        put(push("orders", DeliveryTerms.DEFAULT.withDestination(new Destination("topic", "{\"topic\":\"copy\"}"))));
        RecordingReceiver receiver = new RecordingReceiver();
        fixture.subscribe("reader", "copy", receiver);
        fixture.publish("orders", event("2"));

        assertThat(targets.sent()).containsExactly("1");
        assertThat(targets.closed()).isOne();
        assertThat(ids(receiver)).containsExactly("2");
    }

    @Test
    void aDestinationThatIsTakenAwayLeavesTheEventsToMembers() {
        put(push("orders"));
        put(push("orders", DeliveryTerms.DEFAULT));
        RecordingReceiver receiver = new RecordingReceiver();
        fixture.subscribe("g", "orders", receiver);

        fixture.publish("orders", event("1"));

        assertThat(targets.sent()).isEmpty();
        assertThat(ids(receiver)).containsExactly("1");
    }

    @Test
    void termsThatCannotBeStoredChangeNothing() {
        put(push("orders"));
        fixture.storage.faults().fail(Faults.Operation.ALTER_GROUP, 1, ErrorCode.STORAGE_UNAVAILABLE);

        refused(
                fixture.mesh.putSubscription(CALLER, push("orders", DeliveryTerms.DEFAULT)),
                ErrorCode.STORAGE_UNAVAILABLE);

        fixture.publish("orders", event("1"));
        assertThat(targets.sent()).containsExactly("1");
    }

    @Test
    void aDeletedSubscriptionSendsNothingAndTellsItsMembers() {
        put(push("orders"));
        RecordingReceiver receiver = new RecordingReceiver();
        now(fixture.mesh.subscribe(CALLER, terms("h", "orders"), receiver));

        assertThat(now(fixture.mesh.deleteSubscription(CALLER, name("orders")))).isTrue();
        assertThat(now(fixture.mesh.deleteSubscription(CALLER, name("orders")))).isFalse();
        now(fixture.mesh.deleteSubscription(CALLER, new SubscriptionName("default", "h", TopicPattern.of("orders"))));
        fixture.publish("orders", event("1"));
        fixture.time.advance(Duration.ofMinutes(1));

        assertThat(targets.sent()).isEmpty();
        assertThat(targets.closed()).isOne();
        assertThat(receiver.cause().code()).isEqualTo(ErrorCode.NOT_FOUND);
        assertThat(now(fixture.mesh.subscriptions())).isEmpty();
    }

    @Test
    void aSubscriptionThatCannotBeDeletedGoesOn() {
        put(push("orders"));
        fixture.storage.faults().fail(Faults.Operation.DELETE_GROUP, 1, ErrorCode.STORAGE_UNAVAILABLE);

        refused(fixture.mesh.deleteSubscription(CALLER, name("orders")), ErrorCode.STORAGE_UNAVAILABLE);

        fixture.publish("orders", event("1"));
        assertThat(targets.sent()).containsExactly("1");
    }

    @Test
    void onlyWhoMaySubscribeMayPutAndDelete() {
        SubscriptionName rules = new SubscriptionName("default", "_rules/b", TopicPattern.of("a"));
        refused(fixture.mesh.deleteSubscription(CALLER, rules), ErrorCode.PERMISSION_DENIED);
    }

    @Test
    void sendingGoesOnAfterARestart() {
        targets.consent(BUSY);
        put(push("#"));
        fixture.publish("orders", event("1"));
        fixture.mesh.close();
        assertThat(targets.closed()).isOne();
        targets.consent(new Outcome.Done());

        try (LocalMesh next = fixture.mesh(fixture.storage, MeshSettings.defaults("r1"), Authorizer.allowAll())) {
            next.start();
            assertThat(targets.sent()).containsExactly("1");
        }
    }

    @Test
    void aStorageThatFailsForAWhileDoesNotEndTheSending() {
        fixture.storage.faults().failAll(Faults.Operation.OPEN_READER, ErrorCode.STORAGE_UNAVAILABLE);
        put(push("orders"));
        fixture.publish("orders", event("1"));
        fixture.time.advance(Duration.ofSeconds(5));
        assertThat(targets.sent()).isEmpty();

        fixture.storage.faults().heal();
        fixture.time.advance(Duration.ofSeconds(5));

        assertThat(targets.sent()).containsExactly("1");
    }

    // ending

    @Test
    void drainingWaitsForWhatIsOnItsWayAndSendsNothingMore() {
        put(push("orders"));
        targets.silent();
        fixture.publish("orders", event("1", "k"));
        fixture.publish("orders", event("2", "k"));

        CompletionStage<Void> drained = fixture.mesh.drain();
        assertThat(drained.toCompletableFuture()).isNotDone();
        targets.answerAll(new Outcome.Done());

        assertThat(drained.toCompletableFuture()).isDone();
        assertThat(targets.sent()).containsExactly("1");
        assertThat(status().lagEvents()).isOne();
    }

    @Test
    void nothingIsSentAfterTheEnd() {
        targets.perMinute(60);
        put(push("orders"));
        for (int i = 0; i < 5; i++) {
            fixture.publish("orders", event("" + i));
        }
        fixture.mesh.close();
        int before = targets.sent().size();

        fixture.time.advance(Duration.ofMinutes(1));

        assertThat(targets.sent()).hasSize(before);
        assertThat(targets.closed()).isOne();
    }

    // a session's destination

    @Test
    void aSessionsDestinationGetsEventsUntilTheSessionLeaves() {
        List<Outcome.Stop> stops = new ArrayList<>();
        Member member = now(fixture.mesh.deliverTo(CALLER, terms("g", "orders"), FAKE, stops::add));
        assertThat(member.subscription()).isEqualTo(name("orders"));
        fixture.publish("orders", event("1"));

        member.close();
        fixture.publish("orders", event("2"));
        fixture.time.advance(Duration.ofSeconds(1));

        assertThat(targets.sent()).containsExactly("1");
        assertThat(targets.closed()).isOne();
        assertThat(stops).isEmpty();
        assertThat(status().lagEvents()).isOne();
        assertThat(status().terms().destination()).isNull();
    }

    @Test
    void aBroadcastingSessionGetsEveryEventAndKeepsNothing() {
        SubscribeTerms everyone = new SubscribeTerms(
                "g", TopicPattern.of("orders"), Mode.BROADCASTING, Start.latest(), DeliveryTerms.DEFAULT, "test");
        Member one = now(fixture.mesh.deliverTo(CALLER, everyone, FAKE, why -> {}));
        Member other = now(fixture.mesh.deliverTo(CALLER, everyone, FAKE, why -> {}));
        fixture.publish("orders", event("1"));
        assertThat(targets.sent()).containsExactly("1", "1");

        one.close();
        other.close();

        assertThat(now(fixture.mesh.subscriptions())).isEmpty();
        assertThat(targets.closed()).isEqualTo(2);
    }

    @Test
    void severalSessionsShareAGroup() {
        now(fixture.mesh.deliverTo(CALLER, terms("g", "orders"), FAKE, why -> {}));
        now(fixture.mesh.deliverTo(CALLER, terms("g", "orders"), FAKE, why -> {}));
        for (int i = 0; i < 10; i++) {
            fixture.publish("orders", event("" + i));
        }

        assertThat(targets.made()).isEqualTo(2);
        assertThat(targets.sent()).hasSize(10).doesNotHaveDuplicates();
    }

    @Test
    void aSessionIsToldOnceThatItsDestinationWantsNothingMore() {
        List<Outcome.Stop> stops = new ArrayList<>();
        now(fixture.mesh.deliverTo(CALLER, terms("g", "orders"), FAKE, stops::add));
        targets.silent();
        fixture.publish("orders", event("1"));
        fixture.publish("orders", event("2"));

        targets.answerAll(GONE);

        assertThat(stops).containsExactly(GONE);
        assertThat(status().members()).isZero();
        assertThat(status().lagEvents()).isEqualTo(2);
    }

    @Test
    void aSessionWhoseSubscriptionIsDeletedIsTold() {
        List<Outcome.Stop> stops = new ArrayList<>();
        now(fixture.mesh.deliverTo(CALLER, terms("g", "orders"), FAKE, stops::add));

        now(fixture.mesh.deleteSubscription(CALLER, name("orders")));

        assertThat(stops)
                .singleElement()
                .satisfies(stop -> assertThat(stop.code()).isEqualTo(ErrorCode.NOT_FOUND));
        assertThat(targets.closed()).isOne();
    }

    @Test
    void aSessionsDestinationIsAskedNoMoreOnceTheMeshEnds() {
        targets.consent(BUSY);
        now(fixture.mesh.deliverTo(CALLER, terms("g", "orders"), FAKE, why -> {}));
        fixture.mesh.close();
        int before = targets.asked();

        fixture.time.advance(Duration.ofMinutes(10));

        assertThat(targets.asked()).isEqualTo(before);
        assertThat(targets.closed()).isOne();
    }

    @Test
    void aSessionThatCannotJoinLeavesNothingBehind() {
        now(fixture.mesh.subscribe(CALLER, terms("g", "orders"), new RecordingReceiver()));
        SubscribeTerms other =
                terms("g", "orders", new DeliveryTerms(DeliveryTerms.DEFAULT.retry(), Duration.ofSeconds(7), true));

        refused(fixture.mesh.deliverTo(CALLER, other, FAKE, why -> {}), ErrorCode.ALREADY_EXISTS);

        assertThat(targets.closed()).isOne();
        assertThat(targets.asked()).isZero();
    }
}
