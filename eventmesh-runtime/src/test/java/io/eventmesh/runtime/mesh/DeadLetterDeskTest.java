package io.eventmesh.runtime.mesh;

import static io.eventmesh.runtime.mesh.MeshFixture.CALLER;
import static io.eventmesh.runtime.mesh.MeshFixture.RUNTIME;
import static io.eventmesh.runtime.mesh.MeshFixture.event;
import static io.eventmesh.runtime.mesh.MeshFixture.ids;
import static io.eventmesh.runtime.mesh.MeshFixture.now;
import static io.eventmesh.runtime.mesh.MeshFixture.refused;
import static org.assertj.core.api.Assertions.assertThat;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.topic.StreamName;
import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.common.topic.TopicName;
import io.eventmesh.common.topic.TopicPattern;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.mesh.DeadLetterDesk;
import io.eventmesh.spi.mesh.DeadLetterDesk.Action;
import io.eventmesh.spi.mesh.DeadLetterDesk.Choice;
import io.eventmesh.spi.mesh.DeadLetterDesk.Order;
import io.eventmesh.spi.mesh.DeadLetterDesk.Step;
import io.eventmesh.spi.mesh.Member;
import io.eventmesh.spi.mesh.Outgoing;
import io.eventmesh.spi.security.Authorizer;
import io.eventmesh.spi.storage.StoredRecord;
import io.eventmesh.testkit.mesh.RecordingReceiver;
import io.eventmesh.testkit.storage.Faults;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Dead letters are listed, shown, redriven and discarded, and none goes by itself. */
@NullUnmarked // a missing entry fails the test by itself
class DeadLetterDeskTest {
    private static final StreamName LETTERS = new StreamName("default", "_dl/default/group/g");
    private static final Order REDRIVE = new Order(Action.REDRIVE, Choice.ALL, "", "op-1");
    private static final Order DISCARD = new Order(Action.DISCARD, Choice.ALL, "", "op-2");

    private final MeshFixture fixture = new MeshFixture();
    private final DeadLetterDesk desk = fixture.mesh.admin().deadLetters();
    private final RecordingReceiver receiver = new RecordingReceiver();

    @AfterEach
    void close() {
        fixture.close();
    }

    /** The group g rejects these; the member stays. */
    private Member rejected(String... ids) {
        Member member = fixture.subscribe("g", "orders/#", receiver);
        reject(member, ids);
        return member;
    }

    private void reject(Member member, String... ids) {
        for (String id : ids) {
            fixture.publish("orders/new", event(id));
            int last = receiver.deliveries().size() - 1;
            member.reject(receiver.deliveries().get(last).id(), "bad " + id);
        }
    }

    private List<String> letters() {
        return ids(now(desk.read(LETTERS, Choice.ALL, "", 100)));
    }

    private static List<String> ids(DeadLetterDesk.Page page) {
        return page.letters().stream()
                .map(letter -> letter.record().event().id())
                .toList();
    }

    @Test
    void topicsOfDeadLettersAreListedWithTheirCauses() {
        Member member = rejected("1", "2");
        fixture.time.advance(Duration.ofSeconds(5));
        reject(member, "3");

        assertThat(now(desk.topics("default", "", 10))).singleElement().satisfies(topic -> {
            assertThat(topic.stream()).isEqualTo(LETTERS);
            assertThat(topic.events()).isEqualTo(3);
            assertThat(topic.newestMillis()).isEqualTo(fixture.time.millis());
            assertThat(topic.oldestMillis()).isEqualTo(fixture.time.millis() - 5_000);
            assertThat(topic.codes()).isEqualTo(Map.of("", 3L));
        });
        assertThat(now(desk.topics("other", "", 10))).isEmpty();
        assertThat(now(desk.topics("", LETTERS.toString(), 10))).isEmpty();
    }

    @Test
    void whatHoldsDeadLettersBackIsNoSubscription() {
        rejected("1");

        assertThat(now(fixture.mesh.subscriptions()))
                .extracting(status -> status.name().group())
                .containsExactly("g");
        SubscriptionName standing = new SubscriptionName("default", "_dlq", TopicPattern.of(LETTERS.name()));
        assertThat(fixture.storage.group(standing)).isPresent();
        refused(fixture.mesh.admin().deleteSubscription(standing), ErrorCode.REQUEST_INVALID);
        refused(fixture.mesh.admin().pause(standing, true), ErrorCode.REQUEST_INVALID);
    }

    @Test
    void deadLettersOfAnEarlierReleaseAreHeldBackFromTheStartOn() {
        rejected("1");
        fixture.mesh.close();
        SubscriptionName standing = new SubscriptionName("default", "_dlq", TopicPattern.of(LETTERS.name()));
        now(fixture.storage.deleteGroup(standing));

        try (LocalMesh next = fixture.mesh(fixture.storage, MeshSettings.defaults("r1"), Authorizer.allowAll())) {
            next.start();
            assertThat(fixture.storage.group(standing).orElseThrow().lagEvents())
                    .isOne();
        }
    }

    @Test
    void lettersComeInPages() {
        rejected("1", "2", "3", "4", "5");

        DeadLetterDesk.Page first = now(desk.read(LETTERS, Choice.ALL, "", 2));
        DeadLetterDesk.Page second = now(desk.read(LETTERS, Choice.ALL, first.next(), 2));
        DeadLetterDesk.Page third = now(desk.read(LETTERS, Choice.ALL, second.next(), 2));

        assertThat(first.letters()).hasSize(2);
        assertThat(second.letters()).hasSize(2);
        assertThat(third.letters()).hasSize(1);
        assertThat(third.next()).isEmpty();
        assertThat(List.of(ids(first), ids(second), ids(third)).stream().flatMap(List::stream))
                .containsExactlyInAnyOrder("1", "2", "3", "4", "5");
        refused(desk.read(LETTERS, Choice.ALL, "x", 2), ErrorCode.REQUEST_INVALID);
        refused(desk.read(new StreamName("default", "orders"), Choice.ALL, "", 2), ErrorCode.REQUEST_INVALID);
        refused(
                desk.read(new StreamName("default", "_dl/default/group/none"), Choice.ALL, "", 2),
                ErrorCode.TOPIC_NOT_FOUND);
    }

    @Test
    void aChoiceIsByCodeStageTimeFilterAndPlace() {
        letter("1", Map.of("dlcode", "EVENT_INVALID", "dlstage", "publish", "dllasttime", "2030-01-01T00:00:00Z"));
        letter("2", Map.of("dlcode", "RULE_INVALID", "dlstage", "transform", "dllasttime", "2031-01-01T00:00:00Z"));
        DeadLetterDesk.Place second = placeOf("2");

        assertThat(chosen(new Choice("", "EVENT_INVALID", "", 0, 0, List.of()))).containsExactly("1");
        assertThat(chosen(new Choice("", "", "transform", 0, 0, List.of()))).containsExactly("2");
        long between = java.time.Instant.parse("2030-06-01T00:00:00Z").toEpochMilli();
        assertThat(chosen(new Choice("", "", "", between, 0, List.of()))).containsExactly("2");
        assertThat(chosen(new Choice("", "", "", 0, between, List.of()))).containsExactly("1");
        assertThat(chosen(new Choice("", "", "", 0, 0, List.of(second)))).containsExactly("2");
        assertThat(chosen(new Choice("", "EVENT_INVALID", "", 0, 0, List.of(second))))
                .isEmpty();
        assertThat(chosen(new Choice("", "", "", 0, 0, List.of(new DeadLetterDesk.Place(99, 0)))))
                .isEmpty();
        refused(desk.read(LETTERS, new Choice("{}", "", "", 0, 0, List.of()), "", 10), ErrorCode.RULE_INVALID);
    }

    private void letter(String id, Map<String, String> why) {
        now(fixture.mesh.publish(
                RUNTIME, new Outgoing(TopicName.of(LETTERS.name()), event(id).with(why))));
    }

    private DeadLetterDesk.Place placeOf(String id) {
        StoredRecord found = now(desk.read(LETTERS, Choice.ALL, "", 100)).letters().stream()
                .filter(letter -> letter.record().event().id().equals(id))
                .findFirst()
                .orElseThrow();
        return new DeadLetterDesk.Place(
                found.position().partition().index(), found.position().offset());
    }

    private List<String> chosen(Choice choice) {
        return ids(now(desk.read(LETTERS, choice, "", 100)));
    }

    // redrive

    @Test
    void whatAGroupRejectedGoesToThatGroupAlone() {
        Member member = rejected("1", "2");
        RecordingReceiver other = new RecordingReceiver();
        fixture.subscribe("other", "orders/#", other);
        int before = other.deliveries().size();

        Step step = now(desk.settle(LETTERS, REDRIVE, "", 100, false));

        assertThat(step.done()).isEqualTo(2);
        assertThat(step.skipped()).isEmpty();
        assertThat(step.next()).isEmpty();
        assertThat(MeshFixture.ids(receiver)).hasSize(4).endsWith("1", "2");
        Event again = receiver.deliveries().get(3).record().event();
        assertThat(again.attribute("dlredrive")).isEqualTo("op-1");
        assertThat(again.attributeNames()).noneMatch(name -> name.startsWith("dl") && !name.equals("dlredrive"));
        assertThat(receiver.deliveries().get(3).record().topic().value()).isEqualTo("orders/new");
        assertThat(other.deliveries()).hasSize(before);
        assertThat(letters()).isEmpty();

        member.reject(receiver.deliveries().get(2).id(), "still bad");
        assertThat(letters()).containsExactly("1");
        now(desk.settle(LETTERS, REDRIVE, "", 100, false));
        assertThat(MeshFixture.ids(receiver)).hasSize(5).endsWith("1");
    }

    @Test
    void whatWasRedrivenIsNotRedrivenAgainAlsoByTheNextProcess() {
        rejected("1", "2");
        now(desk.settle(
                LETTERS,
                new Order(Action.REDRIVE, new Choice("", "", "", 0, 0, List.of(placeOf("2"))), "", "op"),
                "",
                100,
                false));
        fixture.mesh.close();

        try (LocalMesh next = fixture.mesh(fixture.storage, MeshSettings.defaults("r1"), Authorizer.allowAll())) {
            next.start();
            assertThat(ids(now(next.admin().deadLetters().read(LETTERS, Choice.ALL, "", 10))))
                    .containsExactly("1");
        }
    }

    @Test
    void whatIsRedrivenKeepsItsOrderAlsoWhileTheGroupDoesNotReadItYet() {
        Member member = fixture.subscribe("g", "orders/#", receiver);
        for (String id : List.of("1", "2", "3", "4")) {
            fixture.publish("orders/new", event(id, "k"));
            member.reject(
                    receiver.deliveries().get(receiver.deliveries().size() - 1).id(), "bad " + id);
        }
        fixture.storage.faults().delayAll(Faults.Operation.CREATE_GROUP);

        CompletableFuture<Step> step =
                desk.settle(LETTERS, REDRIVE, "", 100, false).toCompletableFuture();
        for (int i = 0; i < 5 && !step.isDone(); i++) {
            fixture.storage.faults().release();
            // each is offered when the one before it is done
            ackAll(member, 4);
        }
        ackAll(member, 4);

        assertThat(now(step).done()).isEqualTo(4);
        assertThat(MeshFixture.ids(receiver)).containsExactly("1", "2", "3", "4", "1", "2", "3", "4");
    }

    private void ackAll(Member member, int from) {
        for (int i = from; i < receiver.deliveries().size(); i++) {
            member.ack(receiver.deliveries().get(i).id());
        }
    }

    @Test
    void aRedriveMayGoToAnotherTopic() {
        rejected("1");
        RecordingReceiver repair = new RecordingReceiver();
        fixture.subscribe("repair", "repair", repair);

        Step step = now(desk.settle(LETTERS, new Order(Action.REDRIVE, Choice.ALL, "repair", "op"), "", 100, false));

        assertThat(step.done()).isOne();
        assertThat(MeshFixture.ids(repair)).containsExactly("1");
        refused(
                desk.settle(LETTERS, new Order(Action.REDRIVE, Choice.ALL, "_t/x", "op"), "", 100, false),
                ErrorCode.REQUEST_INVALID);
        refused(
                desk.settle(LETTERS, new Order(Action.REDRIVE, Choice.ALL, "a//b", "op"), "", 100, false),
                ErrorCode.REQUEST_INVALID);
    }

    @Test
    void aDryRunSaysWhatWouldBeDoneAndDoesNothing() {
        rejected("1", "2");
        int before = receiver.deliveries().size();

        Step step = now(desk.settle(LETTERS, REDRIVE, "", 100, true));
        Step discard = now(desk.settle(LETTERS, DISCARD, "", 100, true));

        assertThat(step.done()).isEqualTo(2);
        assertThat(discard.done()).isEqualTo(2);
        assertThat(receiver.deliveries()).hasSize(before);
        assertThat(letters()).hasSize(2);
    }

    @Test
    void aStepIsBoundedAndGoesOnByItsCursor() {
        rejected("1", "2", "3");

        Step first = now(desk.settle(LETTERS, REDRIVE, "", 2, false));
        Step second = now(desk.settle(LETTERS, REDRIVE, first.next(), 2, false));

        assertThat(first.done()).isEqualTo(2);
        assertThat(second.done()).isOne();
        assertThat(second.next()).isEmpty();
        assertThat(letters()).isEmpty();
    }

    @Test
    void whatHasNowhereToGoIsSkippedWithAReason() {
        rejected("1");
        now(fixture.mesh.admin().deleteSubscription(new SubscriptionName("default", "g", TopicPattern.of("orders/#"))));
        letter("2", Map.of("dlstage", "deliver"));

        Step step = now(desk.settle(LETTERS, REDRIVE, "", 100, false));

        assertThat(step.done()).isZero();
        assertThat(step.skipped())
                .extracting(DeadLetterDesk.Skipped::reason)
                .anySatisfy(reason -> assertThat(reason).contains("no more"))
                .anySatisfy(reason -> assertThat(reason).contains("which topic"));
        assertThat(letters()).containsExactlyInAnyOrder("1", "2");
    }

    @Test
    void whatMayBeOfTwoSubscriptionsIsSkipped() {
        rejected("1");
        fixture.subscribe("g", "orders/new", new RecordingReceiver());

        Step step = now(desk.settle(LETTERS, REDRIVE, "", 100, false));

        assertThat(step.skipped())
                .singleElement()
                .satisfies(skipped -> assertThat(skipped.reason()).contains("any of the subscriptions"));
    }

    @Test
    void whatWasNeverPublishedGoesToItsTopic() {
        RecordingReceiver reader = new RecordingReceiver();
        fixture.subscribe("reader", "orders/#", reader);
        letter("1", Map.of("dlstage", "publish", "dltopic", "orders/new"));

        assertThat(now(desk.settle(LETTERS, REDRIVE, "", 100, false)).done()).isOne();

        assertThat(MeshFixture.ids(reader)).containsExactly("1");
    }

    @Test
    void aStepThatTheStorageRefusedMayBeDoneOnceMore() {
        rejected("1");
        now(desk.settle(LETTERS, REDRIVE, "", 100, true));
        fixture.storage.faults().fail(Faults.Operation.APPEND, 1, ErrorCode.STORAGE_UNAVAILABLE);

        refused(desk.settle(LETTERS, REDRIVE, "", 100, false), ErrorCode.STORAGE_UNAVAILABLE);
        assertThat(letters()).containsExactly("1");

        assertThat(now(desk.settle(LETTERS, REDRIVE, "", 100, false)).done()).isOne();
        assertThat(letters()).isEmpty();
    }

    @Test
    void whatIsDiscardedIsDone() {
        rejected("1", "2");
        int before = receiver.deliveries().size();

        Step step = now(desk.settle(
                LETTERS,
                new Order(Action.DISCARD, new Choice("", "", "", 0, 0, List.of(placeOf("1"))), "", "op"),
                "",
                100,
                false));

        assertThat(step.done()).isOne();
        assertThat(letters()).containsExactly("2");
        assertThat(now(desk.settle(LETTERS, DISCARD, "", 100, false)).done()).isOne();
        assertThat(letters()).isEmpty();
        assertThat(receiver.deliveries()).hasSize(before);
        assertThat(now(desk.topics("", "", 10)).get(0).events()).isZero();
    }

    @Test
    void theStreamOfWhatWasRedrivenGoesWithItsSubscription() {
        rejected("1");
        now(desk.settle(LETTERS, REDRIVE, "", 100, false));
        StreamName redriven = new StreamName("default", "_rd/default/group/g");
        assertThat(fixture.storage.stream(redriven)).isPresent();

        now(fixture.mesh.deleteSubscription(CALLER, new SubscriptionName("default", "g", TopicPattern.of("orders/#"))));

        assertThat(fixture.storage.stream(redriven)).isEmpty();
    }
}
