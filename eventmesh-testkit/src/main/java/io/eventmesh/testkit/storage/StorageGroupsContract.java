package io.eventmesh.testkit.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.spi.storage.Capability;
import io.eventmesh.spi.storage.DeliveryTerms;
import io.eventmesh.spi.storage.GroupInfo;
import io.eventmesh.spi.storage.GroupReader;
import io.eventmesh.spi.storage.Parking;
import io.eventmesh.spi.storage.Position;
import io.eventmesh.spi.storage.Progress;
import io.eventmesh.spi.storage.RetryPolicy;
import io.eventmesh.spi.storage.Start;
import io.eventmesh.spi.storage.Storage;
import io.eventmesh.spi.storage.StreamPartition;
import io.eventmesh.spi.target.Destination;
import java.time.Duration;
import java.time.Instant;
import java.util.BitSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;

/** What every {@link Storage} keeps to as to its groups: terms, starts, streams, moving and deleting. */
abstract class StorageGroupsContract extends StorageOperatorsContract {
    private static final StreamPartition BILL = new StreamPartition(BILLS, 0);
    private static final DeliveryTerms PUSHED = new DeliveryTerms(
            new RetryPolicy(3, Duration.ofMillis(5), 1.5, Duration.ofSeconds(2)),
            Duration.ofMillis(7_001),
            false,
            "[{\"exact\":{\"type\":\"grün\"}}]",
            new Destination("webhook", "{\"url\":\"https://example.org/hook\"}"));

    @Test
    void aGroupReadsAStreamThatWasDeletedAndMadeAgain() {
        stream(ORDERS, 1);
        group(GROUP, Start.latest());
        await(storage.deleteStream(ORDERS));
        assertThat(storage.group(GROUP).orElseThrow().progress()).isEmpty();

        stream(ORDERS, 1);
        append("1");

        RecordingListener listener = new RecordingListener();
        reader(GROUP, listener).request(FIRST, 1);
        eventually(() -> assertThat(listener.ids()).containsExactly("1"));
    }

    @Test
    void aGroupIsListedWithItsTermsAndItsStart() {
        stream(ORDERS, 2);

        await(storage.createGroup(GROUP, Set.of(ORDERS), PUSHED, Start.latest()));

        assertThat(storage.groups()).hasSize(1).first().satisfies(info -> {
            assertThat(info.name()).isEqualTo(GROUP);
            assertThat(info.terms()).isEqualTo(PUSHED);
            assertThat(info.progress().keySet()).containsExactlyInAnyOrder(FIRST, new StreamPartition(ORDERS, 1));
            assertThat(info.lagEvents()).isZero();
            assertThat(info.parked()).isZero();
            assertThat(info.cutOff()).isFalse();
            assertThat(info.gaps()).isEmpty();
        });
        assertThat(storage.group(group("other"))).isEmpty();
    }

    @Test
    void makingAGroupAgainWithEqualTermsChangesNothingWhateverTheStart() {
        stream(ORDERS, 1);
        group(GROUP, Start.earliest());
        append("1", "2");

        group(GROUP, Start.latest());

        assertThat(storage.group(GROUP).orElseThrow().lagEvents()).isEqualTo(2);
    }

    @Test
    void makingAGroupAgainWithOtherTermsIsRefusedNamingTheDifference() {
        stream(ORDERS, 1);
        group(GROUP, Start.earliest());
        DeliveryTerms given = DeliveryTerms.DEFAULT;

        assertThatThrownBy(() -> again(new DeliveryTerms(given.retry(), Duration.ofSeconds(31), true)))
                .hasMessageContaining("ack timeout")
                .hasMessageContaining("PT31S")
                .hasMessageContaining("PT30S");
        assertThatThrownBy(() -> again(new DeliveryTerms(given.retry(), given.ackTimeout(), false)))
                .hasMessageContaining("ordered");
        RetryPolicy once = new RetryPolicy(1, Duration.ZERO, 1, Duration.ZERO);
        assertThatThrownBy(() -> again(new DeliveryTerms(once, given.ackTimeout(), true)))
                .hasMessageContaining("retry");
        assertThatThrownBy(() -> again(given.withFilter("[]"))).hasMessageContaining("filter");
        assertThatThrownBy(() -> again(given.withDestination(PUSHED.destination())))
                .hasMessageContaining("destination");
        assertThat(refusal(() -> again(new DeliveryTerms(once, given.ackTimeout(), true))))
                .isEqualTo(ErrorCode.ALREADY_EXISTS);
    }

    private void again(DeliveryTerms terms) {
        await(storage.createGroup(GROUP, Set.of(ORDERS), terms, Start.earliest()));
    }

    @Test
    void startsAreResolvedWhenTheGroupIsMade() {
        stream(ORDERS, 1);
        append("1");
        clock.advance(Duration.ofSeconds(10));
        List<Position> later = append("2", "3");
        clock.advance(Duration.ofSeconds(10));

        group(group("earliest"), Start.earliest());
        group(group("latest"), Start.latest());
        group(group("time"), new Start.AtTime(clock.instant().minusSeconds(10)));
        group(group("after"), new Start.AtTime(clock.instant()));
        group(group("position"), new Start.AtPosition(later.get(1)));
        append("4");

        assertThat(idsOf(group("earliest"), 4)).containsExactly("1", "2", "3", "4");
        assertThat(idsOf(group("latest"), 1)).containsExactly("4");
        assertThat(idsOf(group("time"), 3)).containsExactly("2", "3", "4");
        assertThat(idsOf(group("after"), 1)).containsExactly("4");
        assertThat(idsOf(group("position"), 2)).containsExactly("3", "4");
    }

    @Test
    void aStartAtAPositionBeginsTheOtherPartitionsAtTheirEarliest() {
        stream(ORDERS, 2);
        storage.append(ORDERS, List.of(orders.record("other")), 1).forEach(StorageContract::await);
        List<Position> positions = append("1", "2");

        await(storage.createGroup(
                GROUP, Set.of(ORDERS), DeliveryTerms.DEFAULT, new Start.AtPosition(positions.get(1))));

        assertThat(storage.group(GROUP).orElseThrow().lagEvents()).isEqualTo(2);
    }

    @Test
    void aStartAtAPositionOfAnotherStreamIsRefused() {
        stream(ORDERS, 1);
        Position elsewhere = new Position(new StreamPartition(BILLS, 0), 0);

        CompletionStage<Void> answer =
                storage.createGroup(GROUP, Set.of(ORDERS), DeliveryTerms.DEFAULT, new Start.AtPosition(elsewhere));

        assertThat(refusal(answer)).isEqualTo(ErrorCode.REQUEST_INVALID);
        assertThat(storage.group(GROUP)).isEmpty();
    }

    @Test
    void aGroupReadsSeveralStreamsAndTakesFurtherOnesInFromTheirEarliest() {
        stream(ORDERS, 1);
        stream(BILLS, 1);
        group(GROUP, Start.latest());
        storage.append(BILLS, List.of(RecordFixture.of(BILLS, clock).record("bill")), 0)
                .forEach(StorageContract::await);
        RecordingListener listener = new RecordingListener();
        GroupReader reader = reader(GROUP, listener);

        await(storage.createGroup(GROUP, Set.of(ORDERS, BILLS), DeliveryTerms.DEFAULT, Start.latest()));

        StreamPartition bills = new StreamPartition(BILLS, 0);
        eventually(() ->
                assertThat(listener.calls(RecordingListener.Assigned.class)).hasSize(2));
        reader.request(bills, 1);
        eventually(() -> assertThat(listener.ids()).containsExactly("bill"));
        assertThat(storage.group(GROUP).orElseThrow().progress()).containsOnlyKeys(FIRST, bills);
    }

    @Test
    void aMovedGroupBeginsAtItsNewStart() {
        stream(ORDERS, 1);
        append("1", "2");
        group(GROUP, Start.latest());

        await(storage.moveGroup(GROUP, Start.earliest()));

        assertThat(storage.group(GROUP).orElseThrow().lagEvents()).isEqualTo(2);
        assertThat(idsOf(GROUP, 2)).containsExactly("1", "2");
    }

    @Test
    void aGroupIsNotMovedWhileAReaderIsOpen() {
        stream(ORDERS, 1);
        group(GROUP, Start.latest());
        GroupReader reader = reader(GROUP, new RecordingListener());

        assertThat(refusal(storage.moveGroup(GROUP, Start.earliest()))).isEqualTo(ErrorCode.FENCED);
        reader.close();
        await(storage.moveGroup(GROUP, Start.earliest()));
    }

    @Test
    void whatIsNotThereIsNotMovedOrRead() {
        assertThat(refusal(storage.moveGroup(GROUP, Start.earliest()))).isEqualTo(ErrorCode.NOT_FOUND);
        assertThat(refusal(storage.openReader(GROUP, new RecordingListener()))).isEqualTo(ErrorCode.NOT_FOUND);
    }

    @Test
    void aDeletedGroupIsGoneAndCanBeMadeAnew() {
        stream(ORDERS, 1);
        group(GROUP, Start.earliest());
        append("1");

        await(storage.deleteGroup(GROUP));
        await(storage.deleteGroup(GROUP));

        assertThat(storage.groups()).isEmpty();
        group(GROUP, Start.latest());
        assertThat(storage.group(GROUP).orElseThrow().lagEvents()).isZero();
    }

    @Test
    void alteredTermsTakeTheOldOnesPlaceAndChangeNothingElse() {
        stream(ORDERS, 1);
        group(GROUP, Start.earliest());
        append("1", "2");
        RecordingListener listener = new RecordingListener();
        GroupReader reader = reader(GROUP, listener);
        reader.request(FIRST, 1);
        eventually(() -> assertThat(listener.ids()).containsExactly("1"));
        await(reader.commit(
                FIRST,
                listener.assignment(FIRST).epoch(),
                Progress.at(listener.records().get(0).position().offset() + 1)));
        GroupInfo before = storage.group(GROUP).orElseThrow();

        await(storage.alterGroup(GROUP, PUSHED));

        GroupInfo after = storage.group(GROUP).orElseThrow();
        assertThat(after.terms()).isEqualTo(PUSHED);
        assertThat(after.progress()).isEqualTo(before.progress());
        assertThat(after.lagEvents()).isEqualTo(1);
        reader.request(FIRST, Long.MAX_VALUE);
        eventually(() -> assertThat(listener.ids()).containsExactly("1", "2"));
        assertThat(listener.calls(RecordingListener.Revoked.class)).isEmpty();
        await(storage.createGroup(GROUP, Set.of(ORDERS), PUSHED, Start.earliest()));
        assertThat(refusal(() -> again(DeliveryTerms.DEFAULT))).isEqualTo(ErrorCode.ALREADY_EXISTS);
    }

    @Test
    void alteringAGroupThatIsNotThereIsRefused() {
        assertThat(refusal(storage.alterGroup(GROUP, DeliveryTerms.DEFAULT))).isEqualTo(ErrorCode.NOT_FOUND);
        assertThat(storage.groups()).isEmpty();
    }

    @Test
    void aStartAtATimeIsFoundInEachPartition() {
        stream(ORDERS, 3);
        StreamPartition second = new StreamPartition(ORDERS, 1);
        StreamPartition third = new StreamPartition(ORDERS, 2);
        appendTo(0, "early 0");
        appendTo(1, "early 1");
        clock.advance(Duration.ofSeconds(10));
        Instant time = clock.instant();
        Position late = appendTo(0, "late 0");
        clock.advance(Duration.ofSeconds(10));

        await(storage.createGroup(GROUP, Set.of(ORDERS), DeliveryTerms.DEFAULT, new Start.AtTime(time)));
        appendTo(1, "later 1");
        appendTo(2, "later 2");

        assertThat(storage.group(GROUP).orElseThrow().lagEvents()).isEqualTo(3);
        RecordingListener listener = new RecordingListener();
        GroupReader reader = reader(GROUP, listener);
        assertThat(listener.assignment(FIRST).progress().watermark()).isEqualTo(late.offset());
        List.of(FIRST, second, third).forEach(each -> reader.request(each, Long.MAX_VALUE));
        eventually(() -> assertThat(listener.ids()).containsExactlyInAnyOrder("late 0", "later 1", "later 2"));
    }

    private Position appendTo(int partition, String id) {
        return await(
                storage.append(ORDERS, List.of(orders.record(id)), partition).get(0));
    }

    @Test
    void aStartAtATimeBeforeEverythingIsTheEarliest() {
        stream(ORDERS, 1);
        append("1", "2");

        await(storage.createGroup(
                GROUP, Set.of(ORDERS), DeliveryTerms.DEFAULT, new Start.AtTime(Instant.ofEpochMilli(0))));

        assertThat(idsOf(GROUP, 2)).containsExactly("1", "2");
    }

    @Test
    void aStartAtAPositionBeforeOrBehindWhatIsKeptIsTheNearest() {
        stream(ORDERS, 1);
        append("1", "2");
        Position before = new Position(FIRST, -5);
        Position behind = new Position(FIRST, 1_000);

        await(storage.createGroup(
                group("before"), Set.of(ORDERS), DeliveryTerms.DEFAULT, new Start.AtPosition(before)));
        await(storage.createGroup(
                group("behind"), Set.of(ORDERS), DeliveryTerms.DEFAULT, new Start.AtPosition(behind)));
        append("3");

        assertThat(idsOf(group("before"), 3)).containsExactly("1", "2", "3");
        assertThat(idsOf(group("behind"), 1)).containsExactly("3");
    }

    @Test
    void aGroupThatIsMovedToATimeOrAPositionReadsFromThere() {
        stream(ORDERS, 1);
        append("1");
        clock.advance(Duration.ofSeconds(10));
        Instant time = clock.instant();
        List<Position> later = append("2", "3");
        group(GROUP, Start.latest());

        await(storage.moveGroup(GROUP, new Start.AtTime(time)));
        assertThat(idsOf(GROUP, 2)).containsExactly("2", "3");
        await(storage.moveGroup(GROUP, new Start.AtPosition(later.get(1))));

        assertThat(idsOf(GROUP, 1)).containsExactly("3");
        assertThat(refusal(storage.moveGroup(GROUP, new Start.AtPosition(new Position(BILL, 0)))))
                .isEqualTo(ErrorCode.REQUEST_INVALID);
    }

    @Test
    void aStreamThatIsMadeLaterIsAssignedToAnOpenReaderAndReadFromItsFirstRecord() {
        stream(ORDERS, 1);
        group(GROUP, Start.latest());
        RecordingListener listener = new RecordingListener();
        GroupReader reader = reader(GROUP, listener);
        await(storage.createGroup(GROUP, Set.of(BILLS), DeliveryTerms.DEFAULT, Start.latest()));
        assertThat(storage.group(GROUP).orElseThrow().progress()).containsOnlyKeys(FIRST);

        stream(BILLS, 2);
        storage.append(BILLS, List.of(RecordFixture.of(BILLS, clock).record("bill")), 0)
                .forEach(StorageContract::await);

        eventually(() -> assertThat(listener.calls(RecordingListener.Assigned.class))
                .extracting(RecordingListener.Assigned::partition)
                .containsExactlyInAnyOrder(FIRST, BILL, new StreamPartition(BILLS, 1)));
        reader.request(BILL, Long.MAX_VALUE);
        eventually(() -> assertThat(listener.ids()).containsExactly("bill"));
        await(reader.commit(
                BILL,
                listener.assignment(BILL).epoch(),
                Progress.at(listener.records().get(0).position().offset() + 1)));
        assertThat(storage.group(GROUP).orElseThrow().lagEvents()).isZero();
    }

    @Test
    void aStreamThatIsAddedKeepsWhatTheOthersHaveDone() {
        stream(ORDERS, 1);
        stream(BILLS, 1);
        group(GROUP, Start.earliest());
        Position done = append("1", "2").get(0);
        RecordingListener listener = new RecordingListener();
        GroupReader reader = reader(GROUP, listener);
        reader.request(FIRST, 1);
        eventually(() -> assertThat(listener.ids()).containsExactly("1"));
        long epoch = listener.assignment(FIRST).epoch();

        await(storage.createGroup(GROUP, Set.of(BILLS), DeliveryTerms.DEFAULT, Start.earliest()));

        await(reader.commit(FIRST, epoch, Progress.at(done.offset() + 1)));
        assertThat(storage.group(GROUP).orElseThrow().progress())
                .containsOnlyKeys(FIRST, BILL)
                .containsEntry(FIRST, Progress.at(done.offset() + 1));
        reader.request(FIRST, Long.MAX_VALUE);
        eventually(() -> assertThat(listener.ids()).containsExactly("1", "2"));
    }

    @Test
    void aGroupIsThereAgainWithAllItHasIfAndOnlyIfTheStorageSaysSo() {
        stream(ORDERS, 1);
        stream(BILLS, 1);
        group(GROUP, Start.earliest());
        List<Position> positions = append("1", "2", "3", "4", "5");
        await(storage.createGroup(GROUP, Set.of(BILLS), DeliveryTerms.DEFAULT, Start.earliest()));
        await(storage.alterGroup(GROUP, PUSHED));
        RecordingListener listener = new RecordingListener();
        GroupReader reader = reader(GROUP, listener);
        reader.request(FIRST, Long.MAX_VALUE);
        eventually(() -> assertThat(listener.ids()).hasSize(5));
        Progress progress = doneBut(positions, 1, 4);
        await(reader.commit(FIRST, listener.assignment(FIRST).epoch(), progress));
        Parking.Ticket ticket = new Parking.Ticket(positions.get(0), "lane", 2, 11, 22, "because");
        await(storage.parking()
                .park(GROUP, Long.MAX_VALUE, ticket, orders.notBefore(9).record("1")));
        group(group("gone"), Start.earliest());
        await(storage.deleteGroup(group("gone")));

        reopen();

        if (can(Capability.PERSISTENT)) {
            assertThat(storage.groups()).hasSize(1);
            GroupInfo info = storage.group(GROUP).orElseThrow();
            assertThat(info.terms()).isEqualTo(PUSHED);
            assertThat(info.progress()).containsOnlyKeys(FIRST, BILL).containsEntry(FIRST, progress);
            assertThat(info.lagEvents()).isEqualTo(2);
            assertThat(info.parked()).isEqualTo(1);
            assertThat(await(storage.parking().tickets(GROUP))).containsExactly(ticket);
            assertThat(await(storage.parking().read(GROUP, positions.get(0))).notBeforeMillis())
                    .isEqualTo(9);
            assertThat(idsOf(GROUP, 2)).containsExactly("2", "5");
        } else {
            assertThat(storage.groups()).isEmpty();
        }
    }

    private static Progress doneBut(List<Position> positions, int first, int second) {
        long watermark = positions.get(first).offset();
        BitSet done = new BitSet();
        for (int i = first + 1; i < positions.size(); i++) {
            if (i != second) {
                done.set((int) (positions.get(i).offset() - watermark));
            }
        }
        return Progress.of(watermark, done);
    }
}
