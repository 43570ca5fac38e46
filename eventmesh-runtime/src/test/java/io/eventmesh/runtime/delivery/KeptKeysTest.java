package io.eventmesh.runtime.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventmesh.runtime.delivery.GroupHarness.Side;
import io.eventmesh.spi.storage.DeliveryTerms;
import io.eventmesh.spi.storage.RetryPolicy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A group without order whose members keep the keys that they have in flight. */
class KeptKeysTest {
    private final GroupHarness group = new GroupHarness(
            DeliverySettings.defaults(),
            new DeliveryTerms(RetryPolicy.DEFAULT, Duration.ofHours(1), false),
            LaneRule.NONE,
            1,
            1);

    @BeforeEach
    void open() {
        group.keepingKeys = true;
        group.open();
    }

    private void publish(String key, int from, int to) {
        for (int i = from; i < to; i++) {
            group.publish(key + i, key);
        }
        group.settle();
    }

    @Test
    void eventsOfOneKeyComeToOneMemberWithoutWaitingForAcks() {
        Side one = group.join(100);
        Side two = group.join(100);

        publish("k", 0, 10);

        List<String> all = new ArrayList<>(one.ids());
        all.addAll(two.ids());
        assertThat(all).hasSize(10).isSorted();
        assertThat(one.ids().isEmpty() || two.ids().isEmpty()).isTrue();
    }

    @Test
    void severalKeysAndEventsWithoutOneAreShared() {
        Side one = group.join(100);
        Side two = group.join(100);

        publish("a", 0, 3);
        publish("b", 0, 3);
        group.publish("x", null);
        group.publish("y", null);
        group.settle();

        assertThat(one.ids()).hasSize(4);
        assertThat(two.ids()).hasSize(4);
    }

    @Test
    void aKeyWaitsForItsMemberAndTheOthersGoOn() {
        Side one = group.join(1);
        publish("k", 0, 1);
        Side two = group.join(100);

        publish("k", 1, 3);
        publish("other", 0, 3);
        assertThat(one.ids()).containsExactly("k0");
        assertThat(two.ids()).containsExactly("other0", "other1", "other2");

        one.request(10);
        publish("k", 3, 4);
        assertThat(one.ids()).containsExactly("k0", "k1", "k2", "k3");
    }

    @Test
    void aKeyOfWhichEverythingIsSettledIsFree() {
        Side one = group.join(1);
        publish("k", 0, 1);
        Side two = group.join(100);

        one.ackAll();
        publish("k", 1, 2);

        assertThat(two.ids()).containsExactly("k1");
    }

    @Test
    void whatALostMemberHadAndWhatWasKeptForItComesToAnotherOneInItsOrder() {
        Side one = group.join(3);
        publish("k", 0, 3);
        Side two = group.join(100);
        publish("k", 3, 5);
        publish("other", 0, 1);

        one.leave();
        publish("k", 5, 6);

        assertThat(two.ids()).containsExactly("other0", "k0", "k1", "k2", "k3", "k4", "k5");
        two.ackAll();
        assertThat(group.state.heldCount()).isZero();
    }

    @Test
    void whoeverComesAndGoesKeysStayInOrder() {
        Random random = new Random(7);
        List<Side> sides = new ArrayList<>();
        List<String> apart = new ArrayList<>();
        group.onDelivery = (side, delivery) -> {
            String key = delivery.record().key();
            boolean elsewhere = sides.stream()
                    .filter(other -> other != side)
                    .flatMap(other -> other.open.stream())
                    .anyMatch(open -> Objects.equals(open.record().key(), key));
            if (elsewhere) {
                apart.add(delivery.record().event().id());
            }
        };
        for (int step = 0; step < 5_000; step++) {
            int dice = random.nextInt(20);
            if (dice < 8) {
                String key = String.valueOf((char) ('a' + random.nextInt(3)));
                group.publish(key + step, key);
                group.settle();
            } else if (dice < 10 || sides.isEmpty()) {
                sides.add(group.join(random.nextInt(5)));
            } else if (dice == 10) {
                sides.remove(random.nextInt(sides.size())).leave();
            } else if (dice < 15) {
                sides.get(random.nextInt(sides.size())).request(random.nextInt(5));
            } else {
                Side side = sides.get(random.nextInt(sides.size()));
                if (!side.open.isEmpty()) {
                    side.ack(side.open.get(random.nextInt(side.open.size())));
                }
            }
        }

        sides.forEach(Side::leave);
        sides.clear();
        Side rest = group.join(1_000_000);
        rest.ackAll();
        assertThat(apart).as("events of a key with two members at a time").isEmpty();
        assertThat(group.state.heldCount()).isZero();
    }

    @Test
    void twoLostStreamsDoNotMakeTheThirdTakeTheirTailOneByOne() {
        Side one = group.join(100);
        publish("k", 0, 10);
        one.leave();
        Side two = group.join(100);
        group.settle();
        assertThat(two.ids()).hasSize(10);
        two.leave();

        Side three = group.join(100);
        group.settle();

        assertThat(three.ids()).hasSize(10).isSorted();
    }
}
