package io.eventmesh.runtime.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventmesh.runtime.delivery.GroupEffects.Happening;
import io.eventmesh.runtime.delivery.GroupHarness.Side;
import io.eventmesh.spi.mesh.Delivery;
import io.eventmesh.spi.storage.DeliveryTerms;
import io.eventmesh.spi.storage.Position;
import io.eventmesh.spi.storage.Progress;
import io.eventmesh.spi.storage.RetryPolicy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Filters, expiry, delays, and terms that change while a group is open. */
@NullUnmarked // a missing entry fails the test by itself
class GroupTermsTest {
    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final EventFilter NO_X = record -> !record.event().id().startsWith("x");

    private final GroupHarness group = new GroupHarness();

    @BeforeEach
    void open() {
        group.open();
    }

    private static Delivery last(Side side) {
        return side.all.get(side.all.size() - 1);
    }

    private Progress progress() {
        return group.committed.get(group.partitions.get(0));
    }

    private void alter(DeliveryTerms terms, EventFilter filter) {
        group.state.alter(terms, LaneRule.BY_KEY, filter);
        group.settle();
    }

    // filters

    @Test
    void whatTheFilterHoldsBackIsDoneAtOnceAndUnseen() {
        group.filter = NO_X;
        group.open();
        Side side = group.join(100);
        group.publish("x1", "a");
        group.publish("a1", "a");
        group.publish("x2", "a");
        group.publish("a2", "a");
        group.settle();

        assertThat(side.ids()).containsExactly("a1");
        side.ackAll();
        assertThat(side.ids()).containsExactly("a1", "a2");
        group.advance(SECOND);
        assertThat(progress()).isEqualTo(Progress.at(4));
        assertThat(group.counts).containsEntry(Happening.DELIVERED, 2).containsEntry(Happening.FILTERED, 2);
    }

    @Test
    void whatTheFilterHoldsBackTakesNoRoom() {
        group.filter = NO_X;
        group.open();
        Side side = group.join(1);
        for (int i = 0; i < 5_000; i++) {
            group.publish("x" + i, null);
        }
        group.publish("a", null);
        group.settle();

        assertThat(side.ids()).containsExactly("a");
        assertThat(group.state.heldCount()).isEqualTo(1);
    }

    // expiry

    @Test
    void anEventThatExpiredBeforeItsTurnIsADeadLetterAndFreesItsKey() {
        Side side = group.join();
        Position position = group.publishExpiring("a1", "a", SECOND);
        group.publish("a2", "a");
        group.settle();
        group.advance(Duration.ofSeconds(1));

        side.request(10);

        assertThat(side.ids()).containsExactly("a2");
        assertThat(group.dead).singleElement().satisfies(letter -> {
            assertThat(letter.position()).isEqualTo(position);
            assertThat(letter.exhausted()).isEqualTo("expired");
            assertThat(letter.cause().reason()).isEqualTo("expired");
            assertThat(letter.cause().message()).isEqualTo("expirytime 2025-01-01T00:00:01Z has passed");
            assertThat(letter.offers()).isZero();
        });
        assertThat(group.counts).containsEntry(Happening.EXPIRED, 1).containsEntry(Happening.DEAD_LETTERED, 1);
        side.ackAll();
        group.advance(SECOND);
        assertThat(progress()).isEqualTo(Progress.at(2));
    }

    @Test
    void anEventIsOfferedUntilItExpires() {
        Side side = group.join();
        group.publishExpiring("a", null, SECOND);
        group.settle();
        group.advance(Duration.ofMillis(999));

        side.request(1);

        assertThat(side.ids()).containsExactly("a");
        group.advance(SECOND);
        side.ackAll();
        assertThat(group.dead)
                .as("it was in flight when it expired, and was acked")
                .isEmpty();
    }

    @Test
    void anEventThatExpiresWhileItWaitsForItsNextAttemptIsNotOfferedAgain() {
        Side side = group.join(10);
        group.publishExpiring("a", null, Duration.ofMillis(50));
        group.settle();

        side.release(last(side), Duration.ZERO);
        group.advance(SECOND);

        assertThat(side.ids()).containsExactly("a");
        assertThat(group.dead).singleElement().satisfies(letter -> {
            assertThat(letter.exhausted()).isEqualTo("expired");
            assertThat(letter.offers()).isEqualTo(1);
        });
    }

    @Test
    void anEventThatExpiresWhileItIsParkedIsJudgedWhenItsTurnComes() {
        Side side = group.join(10);
        group.publishExpiring("a1", "a", SECOND);
        group.publish("a2", "a");
        group.settle();
        side.release(last(side), Duration.ofSeconds(60));
        assertThat(group.parking).hasSize(2);

        group.advance(Duration.ofSeconds(61));

        assertThat(side.ids()).containsExactly("a1", "a2");
        assertThat(group.dead)
                .singleElement()
                .satisfies(letter -> assertThat(letter.exhausted()).isEqualTo("expired"));
        side.ackAll();
        group.advance(SECOND);
        assertThat(group.parking).isEmpty();
        assertThat(progress()).isEqualTo(Progress.at(2));
    }

    @Test
    void anExpiredSuspectIsNotOfferedAlone() {
        group.publishExpiring("a", null, SECOND);
        group.publish("b", null);
        group.settle();
        group.join(2).leave();
        group.join(2).leave();
        group.advance(SECOND);

        Side side = group.join(100);

        assertThat(side.ids()).containsExactly("b");
        assertThat(group.dead)
                .singleElement()
                .satisfies(letter -> assertThat(letter.exhausted()).isEqualTo("expired"));
        side.ackAll();
        group.publish("c", null);
        group.settle();
        assertThat(side.ids())
                .as("the member is not reserved for the expired one")
                .containsExactly("b", "c");
    }

    @Test
    void aDeadLetterThatIsReadDoesNotExpireAgain() {
        GroupHarness dead = new GroupHarness("_dl/#");
        dead.open();
        dead.publish(0, dead.record("a", null, "_dl/default/group/g", 0, Map.of("expirytime", "1970-01-01T00:00:00Z")));

        Side side = dead.join(10);

        assertThat(side.ids()).containsExactly("a");
    }

    // delays

    @Test
    void aDelayedEventIsParkedAndOfferedWhenItIsDue() {
        Side side = group.join(100);
        group.publishDelayed("late", null, Duration.ofSeconds(60));
        group.publish("now", null);
        group.settle();

        assertThat(side.ids()).containsExactly("now");
        side.ackAll();
        group.advance(SECOND);
        assertThat(progress()).as("it counts as done").isEqualTo(Progress.at(2));
        assertThat(group.state.parkedCount()).isEqualTo(1);
        group.advance(Duration.ofMillis(58_999));
        assertThat(side.ids()).containsExactly("now");
        group.advance(Duration.ofMillis(1));

        assertThat(side.ids()).containsExactly("now", "late");
        assertThat(last(side).attempt()).isEqualTo(1);
        side.ackAll();
        assertThat(group.parking).isEmpty();
    }

    @Test
    void aDelayedEventStandsInNoOrder() {
        Side side = group.join(100);
        group.publishDelayed("late", "a", Duration.ofSeconds(60));
        group.publish("a1", "a");
        group.settle();
        assertThat(side.ids()).containsExactly("a1");

        group.advance(Duration.ofSeconds(60));

        assertThat(side.ids()).as("nor does it wait for what is in flight").contains("late");
    }

    @Test
    void aDelayedEventThatIsDueWhenItIsReadIsOfferedAtOnce() {
        group.publishDelayed("late", "a", SECOND);
        group.advance(SECOND);

        Side side = group.join(100);

        assertThat(side.ids()).containsExactly("late");
        assertThat(group.parking).isEmpty();
    }

    @Test
    void aDelayedEventHasItsAttemptsAsUsual() {
        Side side = group.join(100);
        group.publishDelayed("late", null, Duration.ofSeconds(20));
        group.settle();
        group.advance(Duration.ofSeconds(20));

        for (int attempt = 1; attempt <= 3; attempt++) {
            assertThat(last(side).attempt()).isEqualTo(attempt);
            side.release(last(side), Duration.ZERO);
            group.advance(SECOND);
        }

        assertThat(group.dead)
                .singleElement()
                .satisfies(letter -> assertThat(letter.exhausted()).isEqualTo("attempts"));
        assertThat(group.parking).isEmpty();
    }

    @Test
    void aDelayedEventKeepsItsDueTimeOverAReopening() {
        Side side = group.join(100);
        group.publishDelayed("late", "a", Duration.ofSeconds(60));
        group.settle();
        side.leave();
        group.advance(Duration.ofSeconds(30));

        group.open();
        Side again = group.join(100);
        group.advance(Duration.ofMillis(29_999));
        assertThat(again.ids()).isEmpty();
        group.advance(Duration.ofMillis(1));

        assertThat(again.ids()).containsExactly("late");
    }

    @Test
    void aParkingThatRefusesDelaysNothingAndBringsNothingForward() {
        Side side = group.join(100);
        group.fault = "park"::equals;
        group.publishDelayed("late", null, Duration.ofSeconds(60));
        group.settle();
        group.advance(Duration.ofMillis(59_999));
        assertThat(side.ids()).isEmpty();
        assertThat(progress()).isEqualTo(Progress.at(0));

        group.advance(Duration.ofMillis(1));

        assertThat(side.ids()).containsExactly("late");
    }

    @Test
    void aParkingThatRefusedTakesTheDelayedEventLater() {
        group.join(100);
        group.fault = "park"::equals;
        group.publishDelayed("late", null, Duration.ofMinutes(10));
        group.settle();
        group.advance(SECOND);
        assertThat(group.state.heldCount()).isEqualTo(1);

        group.fault = what -> false;
        group.advance(Duration.ofSeconds(30));

        assertThat(group.parking).hasSize(1);
        assertThat(group.state.heldCount()).as("it holds no room in the window").isZero();
    }

    // altered terms

    @Test
    void alteredRetriesHoldFromTheNextFailureOn() {
        Side side = group.join(100);
        group.publish("a", null);
        group.settle();
        RetryPolicy once = new RetryPolicy(2, Duration.ofSeconds(2), 1, Duration.ofSeconds(2));

        alter(new DeliveryTerms(once, Duration.ofSeconds(5), true), EventFilter.ALL);
        side.release(last(side), Duration.ZERO);
        group.advance(Duration.ofMillis(1_999));
        assertThat(side.all).hasSize(1);
        group.advance(Duration.ofMillis(300));
        assertThat(side.all).hasSize(2);
        side.release(last(side), Duration.ZERO);

        assertThat(group.dead).hasSize(1);
    }

    @Test
    void aShorterAckTimeoutHoldsForWhatIsInFlightToo() {
        Side side = group.join(1);
        group.publish("a", null);
        group.publish("b", null);
        group.settle();
        Side other = group.join();
        side.request(1);

        alter(new DeliveryTerms(GroupHarness.TERMS.retry(), SECOND, true), EventFilter.ALL);
        group.advance(Duration.ofMillis(999));
        assertThat(group.counts).doesNotContainKey(Happening.TIMED_OUT);
        group.advance(Duration.ofMillis(1));
        assertThat(group.counts).containsEntry(Happening.TIMED_OUT, 2);
        other.request(10);
        group.advance(Duration.ofMillis(300));
        assertThat(other.ids()).containsExactlyInAnyOrder("a", "b");
        group.advance(Duration.ofMillis(1_100));

        assertThat(group.counts).containsEntry(Happening.TIMED_OUT, 4);
    }

    @Test
    void aLongerAckTimeoutHoldsFromTheNextOfferOn() {
        Side side = group.join(10);
        group.publish("a", null);
        group.settle();

        alter(new DeliveryTerms(GroupHarness.TERMS.retry(), Duration.ofSeconds(50), true), EventFilter.ALL);
        group.advance(Duration.ofMillis(5_200));
        assertThat(side.all).hasSize(2);
        group.advance(Duration.ofSeconds(49));
        assertThat(side.all).hasSize(2);
        group.advance(Duration.ofSeconds(2));

        assertThat(side.all).hasSize(3);
    }

    @Test
    void aFilterThatComesLaterJudgesWhatIsInMemoryAndWhatIsParked() {
        Side side = group.join(1);
        group.publish("x1", "a");
        group.publish("x2", "a");
        group.publish("x3", "b");
        group.publish("b1", "b");
        group.settle();
        side.release(last(side), Duration.ofSeconds(60));
        assertThat(group.parking).hasSize(2);

        alter(GroupHarness.TERMS, NO_X);
        side.request(100);
        side.ackAll();
        group.advance(Duration.ofSeconds(61));

        assertThat(side.ids()).containsExactly("x1", "b1");
        assertThat(group.parking).isEmpty();
        assertThat(group.dead).isEmpty();
        assertThat(progress()).isEqualTo(Progress.at(4));
    }

    @Test
    void aFilterThatGoesLetsEverythingThroughFromThenOn() {
        group.filter = NO_X;
        group.open();
        Side side = group.join(100);
        group.publish("x1", null);
        group.settle();

        alter(GroupHarness.TERMS, EventFilter.ALL);
        group.publish("x2", null);
        group.settle();

        assertThat(side.ids()).as("what was done before stays done").containsExactly("x2");
    }

    @Test
    void orderCanBeWaivedAndTakenUpAgain() {
        Side side = group.join(100);
        group.publish("a1", "a");
        group.publish("a2", "a");
        group.settle();

        group.state.alter(GroupHarness.TERMS, LaneRule.NONE, EventFilter.ALL);
        group.publish("a3", "a");
        group.settle();
        assertThat(side.ids()).as("what stood in its lane stays there").containsExactly("a1", "a3");
        side.ackAll();
        assertThat(side.ids()).containsExactly("a1", "a3", "a2");
        group.state.alter(GroupHarness.TERMS, LaneRule.BY_KEY, EventFilter.ALL);
        group.publish("a4", "a");
        group.publish("a5", "a");
        group.settle();

        assertThat(side.ids()).endsWith("a2", "a4");
        side.ackAll();
        assertThat(side.ids()).endsWith("a4", "a5");
    }

    // a member that dies

    @Test
    void theEventsOfADeadMemberGoToTheOthersAtOnceInTheOrderOfTheirKeys() {
        Side dying = group.join(100);
        for (String id : List.of("a1", "b1", "a2", "b2", "a3")) {
            group.publish(id, id.substring(0, 1));
        }
        group.settle();
        dying.release(dying.open.get(0), Duration.ZERO);
        group.advance(Duration.ofMillis(200));
        assertThat(dying.ids()).containsExactly("a1", "b1", "a1");
        List<String> offered = new ArrayList<>();
        group.onDelivery =
                (side, delivery) -> offered.add(delivery.record().event().id());
        Side one = group.join(1);
        Side other = group.join(1);

        dying.leave();

        assertThat(List.of(one.ids(), other.ids()))
                .as("at once, one each")
                .containsExactlyInAnyOrder(List.of("a1"), List.of("b1"));
        one.request(100);
        other.request(100);
        Side withA = one.ids().contains("a1") ? one : other;
        assertThat(last(withA).attempt())
                .as("the third offer, the first having failed")
                .isEqualTo(3);
        while (!one.open.isEmpty() || !other.open.isEmpty()) {
            one.ackAll();
            other.ackAll();
        }
        assertThat(offered).filteredOn(id -> id.startsWith("a")).containsExactly("a1", "a2", "a3");
        assertThat(offered).filteredOn(id -> id.startsWith("b")).containsExactly("b1", "b2");
        assertThat(group.dead).isEmpty();
    }

    @Test
    void whatADeadMemberHadComesBeforeWhatWasNeverOffered() {
        Side dying = group.join(3);
        for (int i = 1; i <= 6; i++) {
            group.publish("e" + i, null);
        }
        group.settle();
        Side other = group.join();

        dying.leave();
        other.request(100);

        assertThat(other.ids()).containsExactly("e1", "e2", "e3", "e4", "e5", "e6");
    }
}
