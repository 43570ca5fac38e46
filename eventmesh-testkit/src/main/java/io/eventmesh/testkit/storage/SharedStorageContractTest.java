package io.eventmesh.testkit.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.spi.storage.Capability;
import io.eventmesh.spi.storage.DeliveryTerms;
import io.eventmesh.spi.storage.Parking.Ticket;
import io.eventmesh.spi.storage.Position;
import io.eventmesh.spi.storage.Progress;
import io.eventmesh.spi.storage.Start;
import io.eventmesh.spi.storage.Storage;
import io.eventmesh.spi.storage.StreamPartition;
import io.eventmesh.spi.storage.StreamSettings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * What a storage with {@link Capability#SHARED} keeps to between two runtimes, and that one without it serves one only.
 * Both storages are at the same place.
 */
public abstract class SharedStorageContractTest extends StorageContract {
    private static final StreamSettings TWO = new StreamSettings(2);
    private static final Set<StreamPartition> BOTH = Set.of(FIRST, new StreamPartition(ORDERS, 1));

    private Storage second() {
        assumeTrue(can(Capability.SHARED), "shared");
        return started(Bounds.WIDE);
    }

    private OwnershipListener read(Storage at) {
        OwnershipListener listener = new OwnershipListener();
        listener.reader(await(at.openReader(GROUP, listener)));
        return listener;
    }

    private void twoPartitionsFromTheBeginning() {
        await(storage.createStream(ORDERS, TWO));
        group(GROUP, Start.earliest());
    }

    private void ordersOf(Storage at) {
        eventually(() -> {
            assertThat(at.stream(ORDERS)).isPresent();
            assertThat(at.group(GROUP)).isPresent();
        });
    }

    @Test
    void whatOneRuntimeMakesIsThereForTheOtherIfAndOnlyIfTheStorageSaysSo() {
        stream(ORDERS, 1);
        group(GROUP, Start.earliest());
        append("1");

        if (can(Capability.SHARED)) {
            Storage other = started(Bounds.WIDE);
            assertThat(other.stream(ORDERS)).isPresent();
            assertThat(other.group(GROUP).orElseThrow().lagEvents()).isEqualTo(1);
        } else {
            Storage other = made(Bounds.WIDE);
            try {
                other.start();
            } catch (EventMeshException owned) {
                assertThat(owned.code()).isEqualTo(ErrorCode.STORAGE_OWNED);
                return;
            }
            assertThat(other.streams()).isEmpty();
            assertThat(other.groups()).isEmpty();
        }
    }

    @Test
    void changesOfOneRuntimeAreSeenByTheOther() {
        Storage other = second();
        DeliveryTerms altered = new DeliveryTerms(DeliveryTerms.DEFAULT.retry(), Duration.ofSeconds(7), false);

        stream(ORDERS, 2);
        group(GROUP, Start.earliest());
        eventually(() -> assertThat(other.group(GROUP)).isPresent());
        await(other.alterGroup(GROUP, altered));
        await(other.pauseGroup(GROUP, true));

        eventually(() -> assertThat(storage.group(GROUP).orElseThrow().terms()).isEqualTo(altered));
        eventually(() -> assertThat(storage.group(GROUP).orElseThrow().paused()).isTrue());
        await(storage.deleteGroup(GROUP));
        await(storage.deleteStream(ORDERS));
        eventually(() -> assertThat(other.groups()).isEmpty());
        eventually(() -> assertThat(other.streams()).isEmpty());
    }

    @Test
    void whatOneRuntimeAppendsTheOtherReads() {
        Storage other = second();
        stream(ORDERS, 1);
        group(GROUP, Start.earliest());
        ordersOf(other);
        OwnershipListener listener = read(other);
        eventually(() -> assertThat(listener.owned()).containsExactly(FIRST));

        append("1", "2");
        listener.request(FIRST, Long.MAX_VALUE);

        eventually(() -> assertThat(listener.ids()).containsExactly("1", "2"));
    }

    @Test
    void ofTwoThatMakeAGroupWithDifferentTermsAtOnceOneIsTold() {
        Storage other = second();
        stream(ORDERS, 1);
        eventually(() -> assertThat(other.stream(ORDERS)).isPresent());

        for (int round = 0; round < 5; round++) {
            var name = group("race-" + round);
            CompletionStage<Void> one =
                    storage.createGroup(name, Set.of(ORDERS), DeliveryTerms.DEFAULT, Start.latest());
            CompletionStage<Void> two =
                    other.createGroup(name, Set.of(ORDERS), DeliveryTerms.DEFAULT.withFilter("[]"), Start.latest());

            List<Boolean> made = new ArrayList<>();
            for (CompletionStage<Void> each : List.of(one, two)) {
                try {
                    await(each);
                    made.add(true);
                } catch (EventMeshException refused) {
                    assertThat(refused.code()).isEqualTo(ErrorCode.ALREADY_EXISTS);
                    made.add(false);
                }
            }
            assertThat(made).containsExactlyInAnyOrder(true, false);
        }
    }

    @Test
    void bothRuntimesGetTheirShareAndNobodyGetsWhatTheOtherHas() {
        Storage other = second();
        twoPartitionsFromTheBeginning();
        ordersOf(other);
        OwnershipListener one = read(storage);
        OwnershipListener two = read(other);

        eventually(() -> {
            assertThat(one.owned()).hasSize(1);
            assertThat(two.owned()).hasSize(1);
            assertThat(union(one, two)).isEqualTo(BOTH);
        });
        for (int i = 0; i < 20; i++) {
            await(storage.append(ORDERS, List.of(orders.record("e" + i)), i).get(0));
        }
        one.owned().forEach(partition -> one.request(partition, Long.MAX_VALUE));
        two.owned().forEach(partition -> two.request(partition, Long.MAX_VALUE));

        eventually(() -> assertThat(one.ids()).hasSize(10));
        eventually(() -> assertThat(two.ids()).hasSize(10));
        Set<String> all = new HashSet<>(one.ids());
        all.addAll(two.ids());
        assertThat(all).hasSize(20);
    }

    private static Set<StreamPartition> union(OwnershipListener one, OwnershipListener two) {
        Set<StreamPartition> all = new HashSet<>(one.owned());
        all.addAll(two.owned());
        return all;
    }

    @Test
    void theNextOwnerGoesOnWhereTheLastCommitEnded() {
        Storage other = second();
        stream(ORDERS, 1);
        group(GROUP, Start.earliest());
        ordersOf(other);
        List<Position> positions = append("1", "2", "3", "4");
        OwnershipListener one = read(storage);
        eventually(() -> assertThat(one.owned()).containsExactly(FIRST));
        one.request(FIRST, Long.MAX_VALUE);
        eventually(() -> assertThat(one.ids()).hasSize(4));
        BitSet above = new BitSet();
        above.set((int) (positions.get(2).offset() - positions.get(1).offset()));
        Progress progress = Progress.of(positions.get(1).offset(), above);
        await(one.commit(FIRST, progress));

        one.close();
        OwnershipListener two = read(other);

        eventually(() -> assertThat(two.owned()).containsExactly(FIRST));
        assertThat(two.progressOf(FIRST)).isEqualTo(progress);
        two.request(FIRST, Long.MAX_VALUE);
        eventually(() -> assertThat(two.ids()).containsExactly("2", "4"));
        assertThat(refusal(one.commit(FIRST, at(positions.get(3).offset())))).isEqualTo(ErrorCode.FENCED);
    }

    @Test
    void whatIsCommittedWhileAPartitionIsGivenUpIsNotReadAgain() {
        Storage other = second();
        twoPartitionsFromTheBeginning();
        ordersOf(other);
        IntStream.range(0, 10)
                .forEach(i -> await(storage.append(ORDERS, List.of(orders.record("e" + i)), i)
                        .get(0)));
        OwnershipListener one = read(storage);
        eventually(() -> assertThat(one.owned()).isEqualTo(BOTH));
        BOTH.forEach(partition -> one.request(partition, Long.MAX_VALUE));
        eventually(() -> assertThat(one.ids()).hasSize(10));
        one.commitsAllWhenReleasing();

        OwnershipListener two = read(other);

        eventually(() -> assertThat(two.owned()).hasSize(1));
        StreamPartition moved = two.owned().iterator().next();
        eventually(() -> assertThat(one.owned()).doesNotContain(moved).hasSize(1));
        two.request(moved, Long.MAX_VALUE);
        await(storage.append(ORDERS, List.of(orders.record("later")), moved.index())
                .get(0));
        eventually(() -> assertThat(two.ids()).isNotEmpty());
        assertThat(two.ids()).containsExactly("later");
        assertThat(refusal(one.commit(moved, at(1)))).isEqualTo(ErrorCode.FENCED);
    }

    @Test
    void aGroupIsNotMovedWhileAnotherRuntimeReadsIt() {
        Storage other = second();
        stream(ORDERS, 1);
        group(GROUP, Start.latest());
        ordersOf(other);
        OwnershipListener listener = read(other);
        eventually(() -> assertThat(listener.owned()).containsExactly(FIRST));

        assertThat(refusal(storage.moveGroup(GROUP, Start.earliest()))).isEqualTo(ErrorCode.FENCED);
        listener.close();

        eventually(() -> await(storage.moveGroup(GROUP, Start.earliest())));
    }

    @Test
    void deletingAGroupOrAStreamRevokesTheReaderOfTheOtherRuntime() {
        Storage other = second();
        stream(ORDERS, 1);
        stream(BILLS, 1);
        await(storage.createGroup(GROUP, Set.of(ORDERS, BILLS), DeliveryTerms.DEFAULT, Start.earliest()));
        ordersOf(other);
        OwnershipListener listener = read(other);
        eventually(() -> assertThat(listener.owned()).hasSize(2));

        await(storage.deleteStream(BILLS));
        eventually(() -> assertThat(listener.owned()).containsExactly(FIRST));
        await(storage.deleteGroup(GROUP));
        eventually(() -> assertThat(listener.owned()).isEmpty());

        assertThat(refusal(listener.commit(FIRST, at(0)))).isEqualTo(ErrorCode.FENCED);
    }

    @Test
    void aStreamMadeOnOneRuntimeIsAssignedOnTheOther() {
        Storage other = second();
        stream(ORDERS, 1);
        await(storage.createGroup(GROUP, Set.of(ORDERS, BILLS), DeliveryTerms.DEFAULT, Start.latest()));
        ordersOf(other);
        OwnershipListener listener = read(other);
        eventually(() -> assertThat(listener.owned()).containsExactly(FIRST));

        stream(BILLS, 1);
        storage.append(BILLS, List.of(RecordFixture.of(BILLS, clock).record("bill")), 0)
                .forEach(StorageContract::await);

        StreamPartition bills = new StreamPartition(BILLS, 0);
        eventually(() -> assertThat(listener.owned()).containsExactlyInAnyOrder(FIRST, bills));
        listener.request(bills, 1);
        eventually(() -> assertThat(listener.ids()).containsExactly("bill"));
    }

    @Test
    void theNextOwnerFindsWhatTheLastOneParkedAndTheLastOneChangesNothingMore() {
        Storage other = second();
        stream(ORDERS, 1);
        group(GROUP, Start.earliest());
        ordersOf(other);
        OwnershipListener one = read(storage);
        eventually(() -> assertThat(one.owned()).containsExactly(FIRST));
        Position fifth = new Position(FIRST, 5);
        Ticket ticket = new Ticket(fifth, "lane", 2, 11, 22, "because");
        long old = one.epochOf(FIRST);
        await(storage.parking().park(GROUP, old, ticket, orders.padding(10_000).record("parked")));

        one.close();
        OwnershipListener two = read(other);
        eventually(() -> assertThat(two.owned()).containsExactly(FIRST));

        assertThat(await(other.parking().tickets(GROUP))).containsExactly(ticket);
        assertThat(await(other.parking().read(GROUP, fifth)).event().id()).isEqualTo("parked");
        Ticket late = new Ticket(new Position(FIRST, 6), null, 1, 0, 0, "");
        assertThat(refusal(storage.parking().park(GROUP, old, late, orders.record("late"))))
                .isEqualTo(ErrorCode.FENCED);
        assertThat(refusal(storage.parking().remove(GROUP, old, fifth))).isEqualTo(ErrorCode.FENCED);
        assertThat(await(other.parking().tickets(GROUP))).containsExactly(ticket);
        await(other.parking().remove(GROUP, two.epochOf(FIRST), fifth));
        eventually(() -> assertThat(await(storage.parking().tickets(GROUP))).isEmpty());
    }

    @Test
    void aPassingGroupIsItsRuntimesAlone() {
        Storage other = second();
        stream(ORDERS, 2);
        eventually(() -> assertThat(other.stream(ORDERS)).isPresent());
        await(storage.createPassingGroup(GROUP, Set.of(ORDERS), DeliveryTerms.DEFAULT));
        await(other.createPassingGroup(GROUP, Set.of(ORDERS), DeliveryTerms.DEFAULT.withFilter("[]")));
        OwnershipListener one = read(storage);
        OwnershipListener two = read(other);

        eventually(() -> assertThat(one.owned()).isEqualTo(BOTH));
        eventually(() -> assertThat(two.owned()).isEqualTo(BOTH));
        one.request(FIRST, Long.MAX_VALUE);
        two.request(FIRST, Long.MAX_VALUE);
        append("1");

        eventually(() -> assertThat(one.ids()).containsExactly("1"));
        eventually(() -> assertThat(two.ids()).containsExactly("1"));
        one.close();
        eventually(() -> assertThat(storage.groups()).isEmpty());
        assertThat(other.groups()).hasSize(1);
    }
}
