package io.eventmesh.testkit.storage;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.spi.storage.DeliveryTerms;
import io.eventmesh.spi.storage.EventRecord;
import io.eventmesh.spi.storage.GroupReader;
import io.eventmesh.spi.storage.Parking;
import io.eventmesh.spi.storage.Parking.Ticket;
import io.eventmesh.spi.storage.Position;
import io.eventmesh.spi.storage.Start;
import io.eventmesh.spi.storage.StreamPartition;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every {@link Parking} keeps to. */
public abstract class ParkingContractTest extends StorageContract {
    /** Fenced by nobody. */
    private static final long NEWEST = Long.MAX_VALUE;

    private static final Position FIFTH = new Position(FIRST, 5);

    @BeforeEach
    void aGroup() {
        stream(ORDERS, 2);
        stream(BILLS, 1);
        await(storage.createGroup(GROUP, Set.of(ORDERS, BILLS), DeliveryTerms.DEFAULT, Start.earliest()));
    }

    private static Ticket ticket(Position position, int attempts, String cause) {
        return new Ticket(position, "lane", attempts, 11, 22, cause);
    }

    private void park(Ticket ticket, String id) {
        await(storage.parking().park(GROUP, NEWEST, ticket, orders.record(id)));
    }

    private static String id(EventRecord record) {
        return record.event().id();
    }

    @Test
    void aParkedEventKeepsItsTicketAndItsContent() {
        Ticket ticket = ticket(FIFTH, 2, "because");
        EventRecord record = orders.key("k")
                .hops(2)
                .principal("p")
                .target("rule/target")
                .notBefore(77)
                .padding(99)
                .record("1");

        await(storage.parking().park(GROUP, NEWEST, ticket, record));

        assertThat(await(storage.parking().tickets(GROUP))).containsExactly(ticket);
        EventRecord read = await(storage.parking().read(GROUP, FIFTH));
        assertThat(read).usingRecursiveComparison().ignoringFields("event").isEqualTo(record);
        assertThat(read.event().toByteArray()).isEqualTo(record.event().toByteArray());
        assertThat(storage.group(GROUP).orElseThrow().parked()).isEqualTo(1);
    }

    @Test
    void aTicketWithoutALaneIsKeptSo() {
        Ticket ticket = new Ticket(FIFTH, null, 0, 0, 7, "");

        park(ticket, "1");

        assertThat(await(storage.parking().tickets(GROUP))).containsExactly(ticket);
    }

    @Test
    void parkingAtTheSamePositionReplaces() {
        park(ticket(FIFTH, 1, "one"), "1");
        park(ticket(FIFTH, 2, "two"), "2");

        assertThat(await(storage.parking().tickets(GROUP))).containsExactly(ticket(FIFTH, 2, "two"));
        assertThat(id(await(storage.parking().read(GROUP, FIFTH)))).isEqualTo("2");
    }

    @Test
    void reparkingChangesTheTicketAndKeepsTheContent() {
        park(ticket(FIFTH, 1, "one"), "1");

        await(storage.parking().repark(GROUP, NEWEST, new Ticket(FIFTH, "lane", 2, 33, 44, "a longer cause")));

        assertThat(await(storage.parking().tickets(GROUP)))
                .containsExactly(new Ticket(FIFTH, "lane", 2, 33, 44, "a longer cause"));
        assertThat(id(await(storage.parking().read(GROUP, FIFTH)))).isEqualTo("1");
    }

    @Test
    void whatIsNotParkedIsNotFound() {
        park(ticket(FIFTH, 1, ""), "1");
        Position other = new Position(FIRST, 6);

        assertThat(refusal(storage.parking().read(GROUP, other))).isEqualTo(ErrorCode.NOT_FOUND);
        assertThat(refusal(storage.parking().repark(GROUP, NEWEST, ticket(other, 1, ""))))
                .isEqualTo(ErrorCode.NOT_FOUND);
        assertThat(await(storage.parking().tickets(GROUP))).hasSize(1);
    }

    @Test
    void takingOutEndsItAndTakingOutAgainChangesNothing() {
        park(ticket(FIFTH, 1, ""), "1");

        await(storage.parking().remove(GROUP, NEWEST, FIFTH));
        await(storage.parking().remove(GROUP, NEWEST, FIFTH));

        assertThat(await(storage.parking().tickets(GROUP))).isEmpty();
        assertThat(refusal(storage.parking().read(GROUP, FIFTH))).isEqualTo(ErrorCode.NOT_FOUND);
        assertThat(storage.group(GROUP).orElseThrow().parked()).isZero();
    }

    @Test
    void ticketsAreOrderedByPositionWithinEachPartition() {
        StreamPartition second = new StreamPartition(ORDERS, 1);
        StreamPartition bills = new StreamPartition(BILLS, 0);
        for (Position position : new Position[] {
            new Position(second, 4),
            new Position(FIRST, 1_000),
            new Position(bills, 300),
            new Position(FIRST, 9),
            new Position(second, 2),
            new Position(bills, 2),
            new Position(FIRST, 10)
        }) {
            park(ticket(position, 0, ""), "e" + position.offset());
        }

        assertThat(offsets(FIRST)).containsExactly(9L, 10L, 1_000L);
        assertThat(offsets(second)).containsExactly(2L, 4L);
        assertThat(offsets(bills)).containsExactly(2L, 300L);
    }

    private Iterable<Long> offsets(StreamPartition partition) {
        return await(storage.parking().tickets(GROUP)).stream()
                .map(Ticket::position)
                .filter(position -> position.partition().equals(partition))
                .map(Position::offset)
                .toList();
    }

    @Test
    void groupsParkApart() {
        group(group("other"), Start.earliest());
        park(ticket(FIFTH, 1, ""), "1");

        assertThat(await(storage.parking().tickets(group("other")))).isEmpty();
        assertThat(refusal(storage.parking().read(group("other"), FIFTH))).isEqualTo(ErrorCode.NOT_FOUND);
        await(storage.parking().remove(group("other"), NEWEST, FIFTH));
        assertThat(await(storage.parking().tickets(GROUP))).hasSize(1);
    }

    @Test
    void aGroupThatIsNotThereIsNotFound() {
        Parking parking = storage.parking();

        assertThat(refusal(parking.park(group("none"), NEWEST, ticket(FIFTH, 1, ""), orders.record("1"))))
                .isEqualTo(ErrorCode.NOT_FOUND);
        assertThat(refusal(parking.repark(group("none"), NEWEST, ticket(FIFTH, 1, ""))))
                .isEqualTo(ErrorCode.NOT_FOUND);
        assertThat(refusal(parking.remove(group("none"), NEWEST, FIFTH))).isEqualTo(ErrorCode.NOT_FOUND);
        assertThat(refusal(parking.tickets(group("none")))).isEqualTo(ErrorCode.NOT_FOUND);
        assertThat(refusal(parking.read(group("none"), FIFTH))).isEqualTo(ErrorCode.NOT_FOUND);
    }

    @Test
    void parkedEventsAreThereWhenTheReaderIsOpenedAnew() {
        GroupReader reader = reader(GROUP, new RecordingListener());
        park(ticket(FIFTH, 1, ""), "1");
        reader.close();

        reader(GROUP, new RecordingListener());

        assertThat(id(await(storage.parking().read(GROUP, FIFTH)))).isEqualTo("1");
    }

    @Test
    void anEarlierOwnerChangesNothingAnyMore() {
        RecordingListener earlier = new RecordingListener();
        RecordingListener later = new RecordingListener();
        GroupReader reader = reader(GROUP, earlier);
        long old = epoch(earlier);
        await(storage.parking().park(GROUP, old, ticket(FIFTH, 1, "kept"), orders.record("1")));
        reader.close();
        reader(GROUP, later);
        long current = epoch(later);
        Position late = new Position(FIRST, 6);

        assertThat(current).isGreaterThan(old);
        assertThat(refusal(storage.parking().park(GROUP, old, ticket(late, 1, ""), orders.record("2"))))
                .isEqualTo(ErrorCode.FENCED);
        assertThat(refusal(storage.parking().repark(GROUP, old, ticket(FIFTH, 2, ""))))
                .isEqualTo(ErrorCode.FENCED);
        assertThat(refusal(storage.parking().remove(GROUP, old, FIFTH))).isEqualTo(ErrorCode.FENCED);
        assertThat(await(storage.parking().tickets(GROUP))).containsExactly(ticket(FIFTH, 1, "kept"));
        await(storage.parking().park(GROUP, current, ticket(late, 1, ""), orders.record("2")));
        await(storage.parking().remove(GROUP, current, FIFTH));
        assertThat(await(storage.parking().tickets(GROUP))).containsExactly(ticket(late, 1, ""));
    }

    private static long epoch(RecordingListener listener) {
        eventually(() -> assertThat(listener.calls(RecordingListener.Assigned.class))
                .extracting(RecordingListener.Assigned::partition)
                .contains(FIRST));
        return listener.assignment(FIRST).epoch();
    }

    @Test
    void movingTheGroupDropsThem() {
        park(ticket(FIFTH, 1, ""), "1");

        await(storage.moveGroup(GROUP, Start.earliest()));

        assertThat(await(storage.parking().tickets(GROUP))).isEmpty();
    }

    @Test
    void deletingTheGroupDropsThem() {
        park(ticket(FIFTH, 1, ""), "1");

        await(storage.deleteGroup(GROUP));
        await(storage.createGroup(GROUP, Set.of(ORDERS), DeliveryTerms.DEFAULT, Start.earliest()));

        assertThat(await(storage.parking().tickets(GROUP))).isEmpty();
    }

    @Test
    void deletingAStreamDropsWhatStoodInIt() {
        Position bill = new Position(new StreamPartition(BILLS, 0), 5);
        park(ticket(FIFTH, 1, ""), "1");
        park(ticket(bill, 1, ""), "2");

        await(storage.deleteStream(ORDERS));

        assertThat(await(storage.parking().tickets(GROUP))).containsExactly(ticket(bill, 1, ""));
    }

    @Test
    void itIsUnavailableAfterClose() {
        Parking parking = storage.parking();

        storage.close();

        ErrorCode code = ErrorCode.STORAGE_UNAVAILABLE;
        assertThat(refusal(parking.park(GROUP, NEWEST, ticket(FIFTH, 1, ""), orders.record("1"))))
                .isEqualTo(code);
        assertThat(refusal(parking.repark(GROUP, NEWEST, ticket(FIFTH, 1, "")))).isEqualTo(code);
        assertThat(refusal(parking.remove(GROUP, NEWEST, FIFTH))).isEqualTo(code);
        assertThat(refusal(parking.tickets(GROUP))).isEqualTo(code);
        assertThat(refusal(parking.read(GROUP, FIFTH))).isEqualTo(code);
    }
}
