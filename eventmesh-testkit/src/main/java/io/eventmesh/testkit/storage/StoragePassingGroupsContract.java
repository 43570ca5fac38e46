package io.eventmesh.testkit.storage;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.spi.storage.DeliveryTerms;
import io.eventmesh.spi.storage.GroupReader;
import io.eventmesh.spi.storage.Parking;
import io.eventmesh.spi.storage.Position;
import io.eventmesh.spi.storage.Progress;
import io.eventmesh.spi.storage.Start;
import io.eventmesh.spi.storage.StreamPartition;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What every {@link io.eventmesh.spi.storage.Storage} keeps to as to groups that pass with their reader. */
abstract class StoragePassingGroupsContract extends StorageGroupsContract {
    private static final SubscriptionName PASSING = group("_passing/runtime/1");
    private static final StreamPartition BILL = new StreamPartition(BILLS, 0);

    private void passing() {
        await(storage.createPassingGroup(PASSING, Set.of(ORDERS), DeliveryTerms.DEFAULT));
    }

    @Test
    void aPassingGroupBeginsAfterTheNewestRecordAndGetsEveryPartition() {
        stream(ORDERS, 3);
        append("before");
        passing();
        append("after");
        RecordingListener listener = new RecordingListener();

        GroupReader reader = reader(PASSING, listener);

        eventually(() -> assertThat(listener.calls(RecordingListener.Assigned.class))
                .extracting(RecordingListener.Assigned::partition)
                .containsExactlyInAnyOrder(FIRST, new StreamPartition(ORDERS, 1), new StreamPartition(ORDERS, 2)));
        assertThat(storage.group(PASSING).orElseThrow().terms()).isEqualTo(DeliveryTerms.DEFAULT);
        reader.request(FIRST, Long.MAX_VALUE);
        eventually(() -> assertThat(listener.ids()).containsExactly("after"));
        Position read = listener.records().get(0).position();
        await(reader.commit(FIRST, listener.assignment(FIRST).epoch(), Progress.at(read.offset() + 1)));
        assertThat(storage.group(PASSING).orElseThrow().lagEvents()).isZero();
    }

    @Test
    void aPassingGroupGoesWithItsReaderAndWithWhatItParked() {
        stream(ORDERS, 1);
        passing();
        Position position = append("1").get(0);
        RecordingListener listener = new RecordingListener();
        GroupReader reader = reader(PASSING, listener);
        eventually(() ->
                assertThat(listener.calls(RecordingListener.Assigned.class)).hasSize(1));
        Parking.Ticket ticket = new Parking.Ticket(position, null, 1, 0, 10, "");
        long epoch = listener.assignment(FIRST).epoch();
        await(storage.parking().park(PASSING, epoch, ticket, orders.record("1")));
        assertThat(await(storage.parking().tickets(PASSING))).containsExactly(ticket);
        assertThat(await(storage.parking().read(PASSING, position)).event().id())
                .isEqualTo("1");

        reader.close();

        eventually(() -> assertThat(storage.group(PASSING)).isEmpty());
        assertThat(storage.groups()).isEmpty();
        assertThat(refusal(storage.parking().park(PASSING, epoch, ticket, orders.record("1"))))
                .isEqualTo(ErrorCode.NOT_FOUND);
        assertThat(refusal(storage.openReader(PASSING, new RecordingListener())))
                .isEqualTo(ErrorCode.NOT_FOUND);
        passing();
        assertThat(await(storage.parking().tickets(PASSING))).isEmpty();
    }

    @Test
    void nothingOfAPassingGroupIsThereAgain() {
        stream(ORDERS, 1);
        group(GROUP, Start.latest());
        passing();
        Position position = append("1").get(0);
        RecordingListener listener = new RecordingListener();
        GroupReader reader = reader(PASSING, listener);
        eventually(() ->
                assertThat(listener.calls(RecordingListener.Assigned.class)).hasSize(1));
        long epoch = listener.assignment(FIRST).epoch();
        Parking.Ticket ticket = new Parking.Ticket(position, null, 1, 0, 10, "");
        await(storage.parking().park(PASSING, epoch, ticket, orders.record("1")));
        await(reader.commit(FIRST, epoch, Progress.at(position.offset() + 1)));

        reopen();

        assertThat(storage.group(PASSING)).isEmpty();
        stream(ORDERS, 1);
        passing();
        assertThat(await(storage.parking().tickets(PASSING))).isEmpty();
        append("2");
        assertThat(idsOf(PASSING, 1)).containsExactly("2");
    }

    @Test
    void aPassingGroupIsDeletedLikeOthers() {
        stream(ORDERS, 1);
        passing();
        RecordingListener listener = new RecordingListener();
        reader(PASSING, listener);
        eventually(() ->
                assertThat(listener.calls(RecordingListener.Assigned.class)).hasSize(1));

        await(storage.deleteGroup(PASSING));

        eventually(() ->
                assertThat(listener.calls(RecordingListener.Revoked.class)).hasSize(1));
        assertThat(storage.groups()).isEmpty();
    }

    @Test
    void aPassingGroupTakesFurtherStreamsInFromTheirEarliest() {
        stream(ORDERS, 1);
        stream(BILLS, 1);
        passing();
        storage.append(BILLS, List.of(RecordFixture.of(BILLS, clock).record("bill")), 0)
                .forEach(StorageContract::await);
        RecordingListener listener = new RecordingListener();
        GroupReader reader = reader(PASSING, listener);

        await(storage.createPassingGroup(PASSING, Set.of(BILLS), DeliveryTerms.DEFAULT));

        eventually(() -> assertThat(listener.calls(RecordingListener.Assigned.class))
                .extracting(RecordingListener.Assigned::partition)
                .containsExactlyInAnyOrder(FIRST, BILL));
        reader.request(BILL, Long.MAX_VALUE);
        eventually(() -> assertThat(listener.ids()).containsExactly("bill"));
    }

    @Test
    void aPassingGroupIsAlteredAndPausedAndNotMovedWhileItIsRead() {
        stream(ORDERS, 1);
        passing();
        reader(PASSING, new RecordingListener());
        DeliveryTerms other = new DeliveryTerms(
                DeliveryTerms.DEFAULT.retry(), Duration.ofSeconds(7), DeliveryTerms.DEFAULT.ordered());

        await(storage.alterGroup(PASSING, other));
        await(storage.pauseGroup(PASSING, true));

        assertThat(storage.group(PASSING).orElseThrow().terms()).isEqualTo(other);
        assertThat(storage.group(PASSING).orElseThrow().paused()).isTrue();
        assertThat(refusal(storage.moveGroup(PASSING, Start.earliest()))).isEqualTo(ErrorCode.FENCED);
    }

    @Test
    void aNameIsThatOfAPassingGroupOrOfAStoredOne() {
        stream(ORDERS, 1);
        passing();
        group(GROUP, Start.latest());

        passing();
        assertThat(refusal(storage.createGroup(PASSING, Set.of(ORDERS), DeliveryTerms.DEFAULT, Start.latest())))
                .isEqualTo(ErrorCode.ALREADY_EXISTS);
        assertThat(refusal(storage.createPassingGroup(GROUP, Set.of(ORDERS), DeliveryTerms.DEFAULT)))
                .isEqualTo(ErrorCode.ALREADY_EXISTS);
        assertThat(refusal(storage.createPassingGroup(PASSING, Set.of(ORDERS), DeliveryTerms.DEFAULT.withFilter("[]"))))
                .isEqualTo(ErrorCode.ALREADY_EXISTS);
    }
}
