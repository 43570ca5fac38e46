package io.eventmesh.runtime.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventmesh.runtime.delivery.GroupEffects.Happening;
import io.eventmesh.runtime.delivery.GroupHarness.Side;
import io.eventmesh.spi.mesh.Delivery;
import io.eventmesh.spi.storage.DeliveryTerms;
import io.eventmesh.spi.storage.EventRecord;
import io.eventmesh.spi.storage.Gap;
import io.eventmesh.spi.storage.Position;
import io.eventmesh.spi.storage.Progress;
import io.eventmesh.spi.storage.RetryPolicy;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.NullUnmarked;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

@NullUnmarked // a missing entry fails the test by itself
class GroupStateTest {
    private GroupHarness group = new GroupHarness();

    @BeforeEach
    void open() {
        group.open();
    }

    private void use(GroupHarness other) {
        group = other;
        group.open();
    }

    private static Delivery last(Side side) {
        return side.all.get(side.all.size() - 1);
    }

    private Progress progress() {
        return group.committed.get(group.partitions.get(0));
    }

    // credit and turns

    @Test
    void firstOffersWithoutKeyGoOutInOrder() {
        Side side = group.join(100);
        for (int i = 10; i < 30; i++) {
            group.publish("e" + i, null);
        }
        group.settle();

        assertThat(side.ids()).hasSize(20).isSorted().doesNotHaveDuplicates();
    }

    @Test
    void membersWithCreditTakeTurns() {
        Side one = group.join(2);
        Side two = group.join(10);
        for (int i = 0; i < 6; i++) {
            group.publish("e" + i, null);
        }
        group.settle();

        assertThat(one.ids()).hasSize(2);
        assertThat(two.ids()).hasSize(4);
        assertThat(one.ids().get(0)).isNotEqualTo(two.ids().get(0));
    }

    @Test
    void membersTakeTurnsAlsoWhereEventsComeOneByOne() {
        Side one = group.join(10);
        Side two = group.join(10);
        for (int i = 0; i < 6; i++) {
            group.publish("e" + i, null);
            group.settle();
        }

        assertThat(one.ids()).hasSize(3);
        assertThat(two.ids()).hasSize(3);
    }

    @Test
    void bytesBoundAsWellAsEventsAndTheLastOneMayOverdraw() {
        Side side = group.join();
        group.state.credit(side.member, 10, 1);
        group.publish("a", null);
        group.publish("b", null);
        group.settle();
        assertThat(side.ids()).containsExactly("a");

        group.state.credit(side.member, 0, 5);
        assertThat(side.ids()).as("still overdrawn").containsExactly("a");
        group.state.credit(side.member, 0, 1_000);
        assertThat(side.ids()).containsExactly("a", "b");
    }

    // order

    @Test
    void aKeyHasOneEventInFlight() {
        Side side = group.join(100);
        group.publish("a1", "a");
        group.publish("a2", "a");
        group.publish("b1", "b");
        group.settle();
        assertThat(side.ids()).containsExactly("a1", "b1");

        side.ack(side.open.get(0));
        assertThat(side.ids()).containsExactly("a1", "b1", "a2");
    }

    @Test
    void acksThatComeTogetherCountEachAndOnlyOnce() {
        Side side = group.join(100);
        for (int i = 0; i < 4; i++) {
            group.publish("a" + i, i < 2 ? "a" : null);
        }
        group.settle();
        assertThat(side.ids()).containsExactly("a0", "a2", "a3");

        long[] twiceAndUnknown = {
            side.all.get(0).id(), side.all.get(0).id(), 4711, side.all.get(2).id()
        };
        group.state.ackAll(side.member, twiceAndUnknown);
        group.settle();

        assertThat(group.counts).containsEntry(Happening.ACKED, 2);
        assertThat(side.ids()).containsExactly("a0", "a2", "a3", "a1");
    }

    @Test
    void aReleasedEventComesBeforeLaterOnesOfItsKey() {
        Side side = group.join(100);
        group.publish("a1", "a");
        group.publish("a2", "a");
        group.settle();

        side.release(side.open.get(0), Duration.ZERO);
        assertThat(side.ids()).containsExactly("a1");
        group.advance(Duration.ofMillis(200));

        assertThat(side.ids()).containsExactly("a1", "a1");
        assertThat(last(side).attempt()).isEqualTo(2);
        side.ackAll();
        assertThat(side.ids()).containsExactly("a1", "a1", "a2");
    }

    @Test
    void unorderedTermsWaiveTheOrder() {
        use(new GroupHarness(GroupHarness.SETTINGS, GroupHarness.TERMS, LaneRule.NONE, 1, 1));
        Side side = group.join(100);
        group.publish("a1", "a");
        group.publish("a2", "a");
        group.settle();

        assertThat(side.ids()).containsExactly("a1", "a2");
    }

    @Test
    void topicsOutsideThePatternAreDoneUnseen() {
        Side side = group.join(100);
        group.publish(0, "other", null, null, "orders/eu/new");
        group.publish("mine", null);
        group.settle();

        assertThat(side.ids()).containsExactly("mine");
        side.ackAll();
        group.advance(Duration.ofSeconds(1));
        assertThat(progress()).isEqualTo(Progress.at(2));
    }

    // retry

    @Test
    void retriesFollowThePolicyAndEndInTheDeadLetter() {
        Side side = group.join(100);
        Position position = group.publish("a", null);
        group.settle();

        side.release(last(side), Duration.ZERO);
        group.advance(Duration.ofMillis(99));
        assertThat(side.all).hasSize(1);
        group.advance(Duration.ofMillis(12));
        assertThat(side.all).hasSize(2);
        side.release(last(side), Duration.ZERO);
        group.advance(Duration.ofMillis(199));
        assertThat(side.all).hasSize(2);
        group.advance(Duration.ofMillis(25));
        side.release(last(side), Duration.ZERO);

        assertThat(group.dead).singleElement().satisfies(letter -> {
            assertThat(letter.position()).isEqualTo(position);
            assertThat(letter.exhausted()).isEqualTo("attempts");
            assertThat(letter.cause().reason()).isEqualTo("released");
            assertThat(letter.offers()).isEqualTo(3);
        });
        group.advance(Duration.ofSeconds(1));
        assertThat(side.all).hasSize(3);
        assertThat(progress()).isEqualTo(Progress.at(1));
    }

    @Test
    void anUnsettledOfferTimesOutAndGoesToAnother() {
        Side silent = group.join(1);
        group.publish("a", null);
        group.settle();
        Side other = group.join(1);

        group.advance(Duration.ofMillis(4_999));
        assertThat(other.all).isEmpty();
        group.advance(Duration.ofMillis(200));

        assertThat(other.ids()).containsExactly("a");
        assertThat(last(other).attempt()).isEqualTo(2);
        silent.ack(silent.all.get(0));
        assertThat(group.counts).doesNotContainKey(Happening.ACKED);
    }

    @Test
    void theOfferThatTimedOutMayNotBeSettledByItsOldId() {
        Side side = group.join(100);
        group.publish("a", null);
        group.settle();
        Delivery first = last(side);
        group.advance(Duration.ofSeconds(6));
        assertThat(side.all).hasSize(2);

        side.reject(first);

        assertThat(group.dead).isEmpty();
        side.ack(last(side));
        assertThat(group.counts).containsEntry(Happening.ACKED, 1);
    }

    @Test
    void aRejectedEventIsDeadAtOnce() {
        Side side = group.join(100);
        group.publish("a1", "a");
        group.publish("a2", "a");
        group.settle();

        side.reject(last(side));

        assertThat(group.dead).singleElement().satisfies(letter -> {
            assertThat(letter.exhausted()).isEqualTo("permanent");
            assertThat(letter.cause()).isEqualTo(Cause.rejected("never"));
        });
        assertThat(side.ids()).containsExactly("a1", "a2");
    }

    @Test
    void aDeadLetterThatCannotBeStoredHoldsTheEventAndIsTriedAgain() {
        Side side = group.join(100);
        group.publish("a1", "a");
        group.publish("a2", "a");
        group.settle();
        group.fault = "bury"::equals;

        side.reject(last(side));
        group.advance(Duration.ofSeconds(3));
        assertThat(group.dead).isEmpty();
        assertThat(side.ids()).containsExactly("a1");
        assertThat(progress()).isEqualTo(Progress.at(0));

        group.fault = what -> false;
        group.advance(Duration.ofSeconds(4));
        assertThat(group.dead).hasSize(1);
        assertThat(side.ids()).containsExactly("a1", "a2");
    }

    // members that go away

    @Test
    void whatAMemberHadGoesToTheOthersAtOnceAndCountsNot() {
        Side lost = group.join(3);
        for (String id : List.of("a", "b", "c")) {
            group.publish(id, null);
        }
        group.settle();
        Side other = group.join(100);

        lost.leave();

        assertThat(other.ids()).containsExactly("a", "b", "c");
        other.open.forEach(delivery -> assertThat(delivery.attempt()).isEqualTo(2));
        other.release(other.open.get(0), Duration.ZERO);
        other.open.clear();
        group.advance(Duration.ofMillis(200));
        assertThat(other.ids()).hasSize(4);
        assertThat(group.dead).isEmpty();
    }

    @Test
    void anEventThatKillsMembersIsFoundOutAndDies() {
        group.publish("innocent", null);
        group.publish("poison", null);
        group.settle();
        int members = 0;
        while (group.dead.isEmpty() && members < 20) {
            members++;
            Side side = group.join(100);
            while (!side.open.isEmpty()) {
                Delivery delivery = side.open.get(0);
                if (side.open.stream()
                        .anyMatch(open -> open.record().event().id().equals("poison"))) {
                    side.leave();
                } else {
                    side.ack(delivery);
                }
            }
        }

        assertThat(group.dead).singleElement().satisfies(letter -> {
            assertThat(letter.position().offset()).isEqualTo(1);
            assertThat(letter.cause().reason()).isEqualTo("member-lost");
        });
        assertThat(group.counts).containsEntry(Happening.ACKED, 1);
        assertThat(members).isLessThanOrEqualTo(6);
    }

    @Test
    void aSuspectIsOfferedAloneAndTheMemberGetsNothingElseMeanwhile() {
        group.publish("a", null);
        group.publish("b", null);
        group.settle();
        group.join(2).leave();
        group.join(2).leave();

        Side side = group.join(100);
        group.publish("c", null);
        group.settle();

        assertThat(side.ids()).containsExactly("a");
        side.ack(last(side));
        assertThat(side.ids()).containsExactly("a", "b");
        side.ack(last(side));
        assertThat(side.ids()).containsExactly("a", "b", "c");
    }

    @Test
    void withoutMembersNothingIsReadOrParked() {
        for (int i = 0; i < 10; i++) {
            group.publish("e" + i, "a");
        }
        group.settle();

        assertThat(group.state.heldCount()).isZero();
        assertThat(group.demand).containsEntry(group.partitions.get(0), 0L);
        assertThat(group.state.nextDueNanos()).isEqualTo(Long.MAX_VALUE);
    }

    // parking

    @Test
    void aLongDelayParksTheEventAndWhatComesBehindItOnItsKey() {
        Side side = group.join(100);
        group.publish("a1", "a");
        group.publish("a2", "a");
        group.publish("b1", "b");
        group.settle();
        side.release(side.open.get(0), Duration.ofSeconds(60));
        side.ackAll();
        group.publish("a3", "a");
        group.settle();
        group.advance(Duration.ofSeconds(1));

        assertThat(group.parking.keySet()).extracting(Position::offset).containsExactly(0L, 1L, 3L);
        assertThat(progress()).as("parked counts as done").isEqualTo(Progress.at(4));
        assertThat(group.state.heldCount()).isZero();

        group.advance(Duration.ofSeconds(60));
        assertThat(side.ids()).containsExactly("a1", "b1", "a1");
        side.ackAll();
        assertThat(side.ids()).containsExactly("a1", "b1", "a1", "a2", "a3");
        assertThat(group.parking).isEmpty();
        assertThat(group.state.parkedCount()).isZero();
    }

    @Test
    void parkedEventsAndTheirAttemptsSurviveAReopening() {
        Side side = group.join(100);
        group.publish("a1", "a");
        group.publish("a2", "a");
        group.settle();
        side.release(last(side), Duration.ofSeconds(60));
        group.advance(Duration.ofSeconds(1));

        group.open();
        Side again = group.join(100);
        group.publish("a3", "a");
        group.settle();
        assertThat(again.ids()).isEmpty();
        group.advance(Duration.ofSeconds(60));

        assertThat(again.ids()).containsExactly("a1");
        assertThat(last(again).attempt()).isEqualTo(2);
        again.ackAll();
        assertThat(again.ids()).containsExactly("a1", "a2", "a3");
    }

    @Test
    void anEventFoundBothParkedAndUnreadIsOfferedOnce() {
        Side side = group.join(100);
        group.publish("a1", "a");
        group.settle();
        group.fault = "commit"::equals;
        side.release(last(side), Duration.ofSeconds(60));
        group.advance(Duration.ofSeconds(1));
        group.fault = what -> false;

        group.open();
        Side again = group.join(100);
        group.advance(Duration.ofSeconds(61));
        again.ackAll();

        assertThat(again.ids()).containsExactly("a1");
        group.advance(Duration.ofSeconds(1));
        assertThat(progress()).isEqualTo(Progress.at(1));
    }

    @Test
    void aParkingThatRefusesKeepsTheEventInMemory() {
        Side side = group.join(100);
        group.publish("a1", "a");
        group.settle();
        group.fault = "park"::equals;

        side.release(last(side), Duration.ofSeconds(60));
        group.advance(Duration.ofSeconds(1));
        assertThat(progress()).isEqualTo(Progress.at(0));
        group.advance(Duration.ofSeconds(60));

        assertThat(side.ids()).containsExactly("a1", "a1");
    }

    @Test
    void aFailingHotKeyDoesNotKeepTheWindowFromOthers() {
        DeliverySettings narrow = new DeliverySettings(
                16, 1 << 20, 4, Duration.ofSeconds(10), 8, 4, 10, Duration.ofMillis(100), Duration.ofSeconds(30));
        use(new GroupHarness(narrow, GroupHarness.TERMS, LaneRule.BY_KEY, 1, 1));
        Side side = group.join(1_000);
        group.publish("poison", "hot");
        group.settle();
        side.release(last(side), Duration.ofSeconds(5));
        for (int i = 0; i < 500; i++) {
            group.publish("hot" + i, "hot");
        }
        group.publish("calm", "calm");
        group.settle();

        assertThat(side.ids()).containsExactly("poison", "calm");
        side.ackAll();
        group.advance(Duration.ofSeconds(6));
        side.ackAll();
        assertThat(side.ids()).startsWith("poison", "calm", "poison").hasSize(503);
        assertThat(side.ids().subList(3, 503)).isEqualTo(hotIds());
        assertThat(group.parking).isEmpty();
    }

    @Test
    void aBusyPartitionUsesWhatIdleOnesLeaveFreeOfHalfTheWindow() {
        DeliverySettings bytes = new DeliverySettings(
                1_000, 40_000, 4, Duration.ofSeconds(10), 8, 4, 10, Duration.ofMillis(100), Duration.ofSeconds(30));
        use(new GroupHarness(bytes, GroupHarness.TERMS, LaneRule.NONE, 4, 1));
        Side side = group.join(100_000);
        for (int i = 0; i < 1_000; i++) {
            group.publish(0, "e" + i, null, null, "orders/new");
        }
        group.settle();

        long held = side.all.stream()
                .mapToLong(delivery -> delivery.record().size())
                .sum();
        assertThat(held).isBetween(20_000L, 31_000L);
    }

    @Test
    void largeEventsStoreProgressBeforeManyAreFinished() {
        DeliverySettings bytes = new DeliverySettings(
                1_000, 4_000, 4, Duration.ofSeconds(10), 8, 4, 1_000, Duration.ofHours(1), Duration.ofSeconds(30));
        use(new GroupHarness(bytes, GroupHarness.TERMS, LaneRule.NONE, 1, 1));
        Side side = group.join(100_000);
        for (int i = 0; i < 50; i++) {
            group.publish("e" + i, null);
            group.settle();
            side.ackAll();
        }

        assertThat(progress().watermark()).isBetween(30L, 50L);
    }

    private static List<String> hotIds() {
        return java.util.stream.IntStream.range(0, 500).mapToObj(i -> "hot" + i).toList();
    }

    // flows

    private static final class ByTarget implements LaneRule {
        @Override
        public @Nullable String lane(EventRecord record) {
            return record.target() + (record.key() == null ? "" : "\n" + record.key());
        }

        @Override
        public boolean isOrdered(String lane) {
            return lane.contains("\n");
        }

        @Override
        public @Nullable String flow(@Nullable String lane) {
            return lane == null ? null : lane.split("\n", -1)[0];
        }
    }

    @Test
    void aStuckFlowHoldsItsShareAndNoMore() {
        use(new GroupHarness(GroupHarness.SETTINGS, GroupHarness.TERMS, new ByTarget(), 1, 1));
        Side side = group.join(1_000);
        for (int i = 0; i < 100; i++) {
            group.publish(0, "stuck" + i, null, "stuck", "orders/new");
            group.publish(0, "good" + i, i % 2 == 0 ? null : "k" + i % 3, "good", "orders/new");
        }
        group.settle();
        while (true) {
            Delivery good = side.open.stream()
                    .filter(delivery -> "good".equals(delivery.record().target()))
                    .findFirst()
                    .orElse(null);
            if (good == null) {
                break;
            }
            side.ack(good);
        }

        assertThat(side.ids().stream().filter(id -> id.startsWith("good"))).hasSize(100);
        assertThat(side.ids().stream().filter(id -> id.startsWith("stuck")))
                .as("4 as they came, 4 back from the parking")
                .hasSize(8);
        assertThat(group.parking).hasSize(96);
        side.ackAll();
        assertThat(side.ids()).hasSize(200).doesNotHaveDuplicates();
        assertThat(group.parking).isEmpty();
    }

    // progress

    @Test
    void progressNeverPassesAnUnackedEvent() {
        Side side = group.join(100);
        for (int i = 0; i < 5; i++) {
            group.publish("e" + i, null);
        }
        group.settle();
        side.ack(side.all.get(0));
        side.ack(side.all.get(2));
        side.ack(side.all.get(4));
        group.advance(Duration.ofSeconds(1));

        assertThat(progress().watermark()).isEqualTo(1);
        assertThat(progress().isDone(1)).isFalse();
        assertThat(progress().isDone(2)).isTrue();
        assertThat(progress().isDone(3)).isFalse();
        assertThat(progress().isDone(4)).isTrue();
    }

    @Test
    void progressIsStoredEverySoManyEventsAndAfterATime() {
        Side side = group.join(100);
        for (int i = 0; i < 12; i++) {
            group.publish("e" + i, null);
        }
        group.settle();
        for (int i = 0; i < 9; i++) {
            side.ack(side.all.get(i));
        }
        assertThat(progress().watermark()).isZero();
        side.ack(side.all.get(9));
        assertThat(progress().watermark()).isEqualTo(10);

        side.ack(side.all.get(10));
        group.advance(Duration.ofMillis(101));
        assertThat(progress().watermark()).isEqualTo(11);
    }

    @Test
    void progressThatWasRefusedIsStoredLater() {
        Side side = group.join(100);
        group.publish("a", null);
        group.settle();
        group.fault = "commit"::equals;
        side.ackAll();
        group.advance(Duration.ofSeconds(1));
        assertThat(progress()).isEqualTo(Progress.at(0));

        group.fault = what -> false;
        group.advance(Duration.ofSeconds(1));
        assertThat(progress()).isEqualTo(Progress.at(1));
        assertThat(group.state.isCommitted()).isTrue();
    }

    @Test
    void nothingIsOfferedFurtherAheadThanProgressCanDescribe() {
        DeliverySettings wide = new DeliverySettings(
                1_000_000,
                1L << 32,
                4,
                Duration.ofSeconds(10),
                8,
                4,
                100,
                Duration.ofMillis(100),
                Duration.ofSeconds(30));
        DeliveryTerms patient = new DeliveryTerms(RetryPolicy.DEFAULT, Duration.ofDays(1), true);
        use(new GroupHarness(wide, patient, LaneRule.NONE, 1, 1));
        Side side = group.join(1_000_000);
        int count = Progress.MAX_SPAN + 500;
        for (int i = 0; i < count; i++) {
            group.publish("e", null);
        }
        group.settle();
        assertThat(side.all).hasSize(Progress.MAX_SPAN);

        Delivery stuck = side.all.get(0);
        List.copyOf(side.open).stream()
                .filter(open -> !open.equals(stuck))
                .forEach(delivery -> group.state.ack(side.member, delivery.id()));
        group.settle();
        group.advance(Duration.ofSeconds(1));
        assertThat(side.all).hasSize(Progress.MAX_SPAN);
        assertThat(progress().watermark()).isZero();
        assertThat(progress().ackedAbove()).isEqualTo(Progress.MAX_SPAN - 1);

        side.ack(stuck);
        assertThat(side.all).hasSize(count);
    }

    @Test
    void aGapCountsAsDone() {
        Side side = group.join(100);
        group.publish("a", null);
        group.settle();
        group.state.gap(new Gap(group.partitions.get(0), 1, 50, 49, Gap.Why.CUT_OFF));
        side.ackAll();
        group.advance(Duration.ofSeconds(1));

        assertThat(progress()).isEqualTo(Progress.at(50));
    }

    // partitions that come and go

    @Test
    void whatBelongsToALostPartitionIsForgotten() {
        use(new GroupHarness(GroupHarness.SETTINGS, GroupHarness.TERMS, LaneRule.BY_KEY, 2, 1));
        Side side = group.join(100);
        group.publish(0, "a1", "a", null, "orders/new");
        group.publish(0, "a2", "a", null, "orders/new");
        group.publish(1, "b1", "b", null, "orders/new");
        group.settle();

        group.state.revoked(group.partitions.get(0), group.epochs.get(group.partitions.get(0)));
        side.ackAll();
        group.advance(Duration.ofSeconds(10));

        assertThat(side.ids()).containsExactly("a1", "b1");
        assertThat(group.committed.get(group.partitions.get(0))).isEqualTo(Progress.at(0));
        assertThat(group.committed.get(group.partitions.get(1))).isEqualTo(Progress.at(1));
        assertThat(group.state.inFlightCount()).isZero();
    }

    @Test
    void aPausedGroupLetsSettleButOffersNothing() {
        Side side = group.join(1);
        group.publish("a", null);
        group.publish("b", null);
        group.settle();
        group.state.pause();
        side.request(10);
        side.ackAll();

        assertThat(side.ids()).containsExactly("a");
        assertThat(group.state.inFlightCount()).isZero();
    }
}
