package io.eventmesh.runtime.mesh;

import static io.eventmesh.runtime.mesh.LaneFixture.rule;
import static io.eventmesh.runtime.mesh.LaneFixture.target;
import static io.eventmesh.runtime.mesh.MeshFixture.RUNTIME;
import static io.eventmesh.runtime.mesh.MeshFixture.event;
import static io.eventmesh.runtime.mesh.MeshFixture.ids;
import static io.eventmesh.runtime.mesh.MeshFixture.now;
import static io.eventmesh.runtime.mesh.MeshFixture.terms;
import static org.assertj.core.api.Assertions.assertThat;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.topic.StreamName;
import io.eventmesh.common.topic.TopicName;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.mesh.DeadLetterDesk.Action;
import io.eventmesh.spi.mesh.DeadLetterDesk.Choice;
import io.eventmesh.spi.mesh.DeadLetterDesk.Order;
import io.eventmesh.spi.mesh.DeadLetterDesk.Step;
import io.eventmesh.spi.mesh.Outgoing;
import io.eventmesh.spi.mesh.TargetStatus.State;
import io.eventmesh.spi.target.Outcome;
import io.eventmesh.testkit.mesh.RecordingReceiver;
import io.eventmesh.testkit.storage.Faults;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The delivery policy of a target is carried out. */
class TargetPolicyTest {
    private static final Duration SECOND = Duration.ofSeconds(1);

    private final LaneFixture fixture = new LaneFixture();
    private final FakeTargets targets = fixture.mesh.targets;

    @AfterEach
    void close() {
        fixture.close();
    }

    private static Outcome again(Duration delay) {
        return new Outcome.Again(ErrorCode.DELIVERY_FAILED, "503 Service Unavailable", delay);
    }

    private static Outcome again() {
        return again(Duration.ZERO);
    }

    @Test
    void anEventIsTriedAsOftenAsThePolicySaysAndThenDead() {
        fixture.define(policy -> policy);
        targets.answer(again());
        fixture.result(event("1"));

        fixture.pass(Duration.ofMillis(2_900));
        assertThat(fixture.sent()).hasSize(3);
        fixture.pass(Duration.ofMinutes(1));

        assertThat(fixture.sent()).hasSize(4);
        assertThat(fixture.letters()).singleElement().satisfies(letter -> {
            Event event = letter.record().event();
            assertThat(event.attribute("dlexhausted")).isEqualTo("attempts");
            assertThat(event.attribute("dlattempts")).isEqualTo("4");
            assertThat(event.attribute("dlreason")).isEqualTo("target-failed");
            assertThat(event.attribute("dlcode")).isEqualTo("DELIVERY_FAILED");
            assertThat(event.attribute("dlmsg")).isEqualTo("503 Service Unavailable");
            assertThat(event.attribute("dlstage")).isEqualTo("deliver");
            assertThat(event.attribute("dlowner")).isEqualTo("r/t");
            assertThat(event.attribute("dlepoch")).isEqualTo("7");
            assertThat(event.attribute("dltopic")).isEqualTo("_t/default/b");
            assertThat(letter.record().target()).isEqualTo("r/t@7");
        });
        assertThat(fixture.status().dead()).isEqualTo(1);
        assertThat(fixture.status().failed()).isEqualTo(4);
        assertThat(fixture.status().lastError()).isEqualTo("503 Service Unavailable");
    }

    @Test
    void whatTheMeshItselfHasNoRoomForIsNoAttempt() {
        fixture.define(policy -> policy.setBreakerFailures(3).setBreakerRestMs(600_000));
        targets.answer(new Outcome.Again(ErrorCode.STORAGE_FULL, "no room", Duration.ZERO));
        fixture.result(event("1"));
        fixture.pass(Duration.ofSeconds(30));
        assertThat(fixture.sent()).hasSizeGreaterThan(20);
        assertThat(fixture.letters()).isEmpty();
        assertThat(fixture.status().state()).isEqualTo(State.RUNNING);
        assertThat(fixture.status().lastError()).isEqualTo("no room");

        targets.answer(new Outcome.Done());
        fixture.pass(SECOND);

        assertThat(fixture.status().delivered()).isEqualTo(1);
    }

    @Test
    void whatTheMeshItselfHasNoRoomForGrowsOld() {
        fixture.define(policy -> policy.setMaxAgeMs(2_500));
        targets.answer(new Outcome.Again(ErrorCode.STORAGE_FULL, "no room", Duration.ZERO));
        fixture.result(event("1"));

        fixture.pass(Duration.ofMinutes(1));

        assertThat(fixture.letters()).singleElement().satisfies(letter -> {
            assertThat(letter.record().event().attribute("dlexhausted")).isEqualTo("age");
            assertThat(letter.record().event().attribute("dlattempts")).isEqualTo("0");
        });
    }

    @Test
    void whatWouldBeTooOldAtItsNextAttemptIsDead() {
        fixture.define(policy -> policy.setMaxAttempts(100).setMaxAgeMs(2_500));
        targets.answer(again());
        fixture.result(event("1"));

        fixture.pass(Duration.ofMinutes(1));

        assertThat(fixture.sent()).hasSize(3);
        assertThat(fixture.letters())
                .singleElement()
                .satisfies(letter -> assertThat(letter.record().event().attribute("dlexhausted"))
                        .isEqualTo("age"));
    }

    @Test
    void whatGrewTooOldWhileItsTargetWasPausedIsDead() {
        fixture.define(rule("r", target(policy -> policy.setMaxAgeMs(60_000)).setPaused(true)));
        fixture.result(event("old"));
        fixture.pass(Duration.ofMinutes(2));
        fixture.result(event("young"));

        fixture.define(policy -> policy.setMaxAgeMs(60_000));
        fixture.pass(SECOND);

        assertThat(fixture.sent()).containsExactly("young");
        assertThat(fixture.letters()).singleElement().satisfies(letter -> {
            assertThat(letter.record().event().id()).isEqualTo("old");
            assertThat(letter.record().event().attribute("dlexhausted")).isEqualTo("age");
            assertThat(letter.record().event().attribute("dlattempts")).isEqualTo("0");
        });
    }

    @Test
    void theLongerOfTheTargetsWishAndThePolicyIsWaitedFor() {
        fixture.define(policy -> policy);
        targets.answer(again(Duration.ofSeconds(20)));
        fixture.result(event("1"));
        fixture.pass(Duration.ofSeconds(19));
        assertThat(fixture.sent()).hasSize(1);
        targets.answer(again(Duration.ofMillis(10)));
        fixture.pass(Duration.ofMillis(1_500));
        assertThat(fixture.sent()).hasSize(2);
        fixture.pass(SECOND);
        assertThat(fixture.sent()).hasSize(3);
    }

    @Test
    void whatTheTargetCanNeverTakeIsDeadAtOnce() {
        fixture.define(policy -> policy);
        targets.answer(new Outcome.Never(ErrorCode.EVENT_INVALID, "400 Bad Request"));

        fixture.result(event("1"));

        assertThat(fixture.sent()).hasSize(1);
        assertThat(fixture.letters()).singleElement().satisfies(letter -> {
            assertThat(letter.record().event().attribute("dlexhausted")).isEqualTo("permanent");
            assertThat(letter.record().event().attribute("dlreason")).isEqualTo("target-refused");
        });
        assertThat(fixture.status().state()).isEqualTo(State.RUNNING);
    }

    @Test
    void noMoreCallsAreOpenThanAllowed() {
        fixture.define(policy -> policy.setMaxInFlight(3));
        targets.silent();
        for (int i = 0; i < 10; i++) {
            fixture.result(event("" + i));
        }
        assertThat(targets.open()).isEqualTo(3);
        assertThat(fixture.status().inFlight()).isEqualTo(3);
        assertThat(fixture.status().waiting()).isEqualTo(7);

        for (int i = 0; i < 4; i++) {
            targets.answerAll(new Outcome.Done());
        }

        assertThat(fixture.sent()).hasSize(10);
        assertThat(fixture.status().delivered()).isEqualTo(10);
    }

    @Test
    void eventsOfOneKeyGoOneAfterAnother() {
        fixture.define(policy -> policy);
        targets.silent();
        fixture.result(event("a1", "a"));
        fixture.result(event("a2", "a"));
        fixture.result(event("b1", "b"));
        assertThat(fixture.sent()).containsExactly("a1", "b1");

        targets.answerAll(again());
        fixture.pass(Duration.ofMillis(500));
        assertThat(fixture.sent()).containsExactly("a1", "b1");
        fixture.pass(SECOND);
        targets.answerAll(new Outcome.Done());

        assertThat(fixture.sent()).containsExactly("a1", "b1", "a1", "b1", "a2");
    }

    @Test
    void anotherAttributeMayOrder() {
        fixture.define(policy -> policy.setOrderingKey("type"));
        targets.silent();
        fixture.result(event("1", "a"));
        fixture.result(event("2", "a"));
        assertThat(fixture.sent()).containsExactly("1");
    }

    @Test
    void withoutAnOrderingKeyNothingWaitsForAnother() {
        fixture.define(policy -> policy.setOrderingKey(""));
        targets.silent();
        fixture.result(event("1", "a"));
        fixture.result(event("2", "a"));
        assertThat(fixture.sent()).containsExactly("1", "2");
    }

    @Test
    void noMoreEventsASecondThanAllowed() {
        fixture.define(policy -> policy.setRatePerSecond(5));
        for (int i = 0; i < 50; i++) {
            fixture.result(event("" + i));
        }
        assertThat(fixture.sent()).hasSize(5);
        fixture.pass(SECOND);
        assertThat(fixture.sent()).hasSize(10);
        fixture.pass(Duration.ofSeconds(8));
        assertThat(fixture.sent()).hasSize(50);
    }

    @Test
    void lessThanOneEventASecondMayBeAllowed() {
        fixture.define(policy -> policy.setRatePerSecond(0.5));
        fixture.result(event("1"));
        fixture.result(event("2"));
        assertThat(fixture.sent()).hasSize(1);
        fixture.pass(Duration.ofMillis(1_900));
        assertThat(fixture.sent()).hasSize(1);
        fixture.pass(Duration.ofMillis(200));
        assertThat(fixture.sent()).hasSize(2);
    }

    @Test
    void batchesAreFullOrWaitForMoreAsLongAsTheyMay() {
        fixture.define(policy -> policy.setBatchEvents(4).setBatchDelayMs(500).setMaxInFlight(1));
        for (int i = 0; i < 6; i++) {
            fixture.result(event("" + i));
        }
        assertThat(targets.batches()).containsExactly(4);
        fixture.pass(Duration.ofMillis(400));
        assertThat(fixture.sent()).hasSize(4);
        fixture.pass(Duration.ofMillis(200));

        assertThat(targets.batches()).containsExactly(4, 2);
        assertThat(fixture.sent()).containsExactly("0", "1", "2", "3", "4", "5");
    }

    @Test
    void aSenderThatNeverAnswersIsGivenUp() {
        fixture.define(policy -> policy.setTimeoutMs(2_000));
        targets.silent();
        fixture.result(event("1"));
        fixture.pass(Duration.ofSeconds(10));

        assertThat(fixture.sent()).hasSizeGreaterThanOrEqualTo(2);
        assertThat(fixture.status().inFlight()).isEqualTo(1);
        assertThat(fixture.status().lastError()).contains("no answer");
    }

    @Test
    void deadLettersMayGoToATopic() {
        RecordingReceiver receiver = new RecordingReceiver();
        fixture.mesh.subscribe("g", "failed", receiver);
        fixture.define(policy -> policy.setMaxAttempts(1).setDeadLetterTopic("failed"));
        targets.answer(again());

        fixture.result(event("1"));

        assertThat(ids(receiver)).containsExactly("1");
        assertThat(receiver.deliveries().get(0).record().event().attribute("dlexhausted"))
                .isEqualTo("attempts");
        assertThat(fixture.letters()).isEmpty();
    }

    @Test
    void aDeadLetterThatCannotBeStoredIsTriedAgain() {
        fixture.define(policy -> policy.setMaxAttempts(1));
        targets.answer(again());
        fixture.result(event("1"));
        assertThat(fixture.letters()).hasSize(1);

        // the next call stores the result, those after it the letter
        fixture.mesh.storage.faults().fail(Faults.Operation.APPEND, 2, ErrorCode.STORAGE_UNAVAILABLE);
        fixture.result(event("2"));
        assertThat(fixture.letters()).hasSize(1);
        fixture.pass(Duration.ofMinutes(1));

        assertThat(fixture.letters()).hasSize(2);
        assertThat(fixture.sent()).containsExactly("1", "2");
    }

    @Test
    void aRedrivenLetterGoesToItsTargetAgainInTheOrderOfItsKey() {
        fixture.define(policy -> policy.setMaxAttempts(1));
        targets.answer(again());
        for (int i = 0; i < 20; i++) {
            fixture.result(event("" + i, "k"));
        }
        assertThat(fixture.letters()).hasSize(20);
        targets.answer(new Outcome.Done());

        Order order = new Order(Action.REDRIVE, Choice.ALL, "", "op-1");
        StreamName topic = new StreamName("default", "_dl/default/rule/r/t");
        Step dry = now(fixture.mesh.mesh.admin().deadLetters().settle(topic, order, "", 100, true));
        Step step = now(fixture.mesh.mesh.admin().deadLetters().settle(topic, order, "", 100, false));

        assertThat(dry.done()).isEqualTo(20);
        assertThat(step.done()).isEqualTo(20);
        assertThat(fixture.letters()).isEmpty();
        List<String> sent = fixture.sent();
        assertThat(sent.subList(20, 40)).isEqualTo(sent.subList(0, 20));
    }

    @Test
    void whatNoRuleCouldBeAppliedToGoesToThoseWhoJudgeAndToNobodyElse() {
        RecordingReceiver judge = new RecordingReceiver();
        RecordingReceiver other = new RecordingReceiver();
        now(fixture.mesh.mesh.subscribe(RUNTIME, terms("_rules/b", "orders/#"), judge))
                .request(100, 1 << 20);
        now(fixture.mesh.mesh.subscribe(RUNTIME, terms("_rules/c", "orders/new"), judge))
                .request(100, 1 << 20);
        fixture.mesh.subscribe("g", "orders/#", other);
        Event letter =
                event("1").with(Map.of("dlstage", "transform", "dlcode", "RULE_INVALID", "dltopic", "orders/new"));
        TopicName topic = TopicName.of("_dl/default/rule/r/t");
        now(fixture.mesh.mesh.publish(RUNTIME, new Outgoing(topic, letter, "r/t@7", 1)));

        Order order = new Order(Action.REDRIVE, Choice.ALL, "", "op-1");
        Step step = now(fixture.mesh
                .mesh
                .admin()
                .deadLetters()
                .settle(new StreamName("default", topic.value()), order, "", 100, false));

        assertThat(step.done()).isEqualTo(1);
        assertThat(ids(judge)).containsExactly("1", "1");
        assertThat(judge.deliveries()).allSatisfy(delivery -> {
            assertThat(delivery.record().target()).isEqualTo("r/t@7");
            assertThat(delivery.position().partition().stream().name()).startsWith("_rd/");
        });
        assertThat(ids(other)).isEmpty();
    }

    @Test
    void eachTargetCountsWhatBecameOfItsEvents() {
        fixture.define(rule("r", target(policy -> policy.setMaxAttempts(2))), rule("other", target(policy -> policy)));
        targets.answering(record -> record.event().id().equals("bad") ? again() : new Outcome.Done());
        fixture.result(event("good"));
        fixture.result(event("bad"));
        fixture.result("other", event("good"));
        fixture.pass(Duration.ofMinutes(1));

        assertThat(counted("r", "eventmesh.target.sent.events")).isEqualTo(1);
        assertThat(counted("r", "eventmesh.target.failed.attempts")).isEqualTo(2);
        assertThat(counted("r", "eventmesh.target.dead.events")).isEqualTo(1);
        assertThat(counted("r", "eventmesh.target.running")).isEqualTo(1);
        assertThat(counted("other", "eventmesh.target.sent.events")).isEqualTo(1);
        assertThat(counted("other", "eventmesh.target.dead.events")).isZero();
        fixture.define(rule("other", target(policy -> policy)));
        assertThat(fixture.mesh
                        .meters
                        .find("eventmesh.target.sent.events")
                        .tag("rule", "r")
                        .meter())
                .isNull();
    }

    private double counted(String rule, String name) {
        return fixture.mesh
                .meters
                .get(name)
                .tag("rule", rule)
                .tag("target", "t")
                .meter()
                .measure()
                .iterator()
                .next()
                .getValue();
    }

    @Test
    void aNewDefinitionHoldsForWhatIsOnItsWay() {
        fixture.define(policy -> policy.setMaxInFlight(1));
        targets.silent();
        fixture.result(event("1", "k"));
        fixture.result(event("2", "k"));
        fixture.define(rule("r", target(policy -> policy.setMaxInFlight(4)).setSpec("{\"other\":1}")));
        assertThat(targets.closed()).isZero();

        targets.answerAll(new Outcome.Done());

        assertThat(fixture.sent()).containsExactly("1", "2");
        assertThat(targets.closed()).isEqualTo(1);
        assertThat(targets.made()).isEqualTo(2);
        targets.answerAll(new Outcome.Done());
        assertThat(fixture.status().delivered()).isEqualTo(2);
    }
}
