package io.eventmesh.storage.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventmesh.common.topic.StreamName;
import io.eventmesh.spi.storage.Parking.Ticket;
import io.eventmesh.spi.storage.Position;
import io.eventmesh.spi.storage.StreamPartition;
import java.util.List;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.Test;

class ParkingStateTest {
    private static final String GROUP = "default.group.1.x";
    private static final Uuid TOPIC = Uuid.randomUuid();
    private static final Fence FIRST = new Fence(0, 4);
    private static final Fence NEXT = new Fence(0, 6);

    private final ParkingState state = new ParkingState();

    private static ParkingKey key(ParkingKey.Kind kind, long offset) {
        return new ParkingKey(kind, GROUP, TOPIC, 0, offset);
    }

    private static ParkingKey ticketKey(long offset) {
        return key(ParkingKey.Kind.TICKET, offset);
    }

    private static ParkingKey fenceKey() {
        return key(ParkingKey.Kind.FENCE, 0);
    }

    private static Ticket ticket(long offset, int attempts) {
        Position position = new Position(new StreamPartition(new StreamName("default", "orders"), 0), offset);
        return new Ticket(position, null, attempts, 0, 0, "");
    }

    private boolean park(Fence fence, long offset, int attempts, long at) {
        boolean content = state.content(key(ParkingKey.Kind.CONTENT, offset), fence, at);
        boolean ticket = state.ticket(ticketKey(offset), fence, ticket(offset, attempts));
        return content && ticket;
    }

    private List<Ticket> tickets() {
        return state.tickets(GROUP, (stream, topic) -> true);
    }

    @Test
    void whatAnOwnerParksIsThereUntilItIsTakenOut() {
        state.fence(fenceKey(), FIRST);

        assertThat(park(FIRST, 7, 1, 70)).isTrue();
        assertThat(park(FIRST, 5, 1, 50)).isTrue();
        assertThat(tickets()).containsExactly(ticket(5, 1), ticket(7, 1));
        assertThat(state.contentOf(ticketKey(7))).isEqualTo(70);
        assertThat(state.count(GROUP)).isEqualTo(2);

        assertThat(state.ticket(ticketKey(7), FIRST, null)).isTrue();
        assertThat(state.content(key(ParkingKey.Kind.CONTENT, 7), FIRST, -1)).isTrue();
        assertThat(tickets()).containsExactly(ticket(5, 1));
        assertThat(state.holds(ticketKey(7))).isFalse();
    }

    @Test
    void whatComesFromAFormerOwnerAfterTheNextOnesFenceDoesNotCount() {
        state.fence(fenceKey(), FIRST);
        park(FIRST, 5, 1, 50);
        state.fence(fenceKey(), NEXT);

        assertThat(park(FIRST, 6, 1, 60)).isFalse();
        assertThat(state.ticket(ticketKey(5), FIRST, null)).isFalse();
        assertThat(tickets()).containsExactly(ticket(5, 1));
        assertThat(park(NEXT, 6, 2, 80)).isTrue();
        assertThat(tickets()).containsExactly(ticket(5, 1), ticket(6, 2));
    }

    @Test
    void whatIsWrittenWrongIsKnownToTheOwner() {
        state.fence(fenceKey(), NEXT);
        park(NEXT, 5, 1, 50);
        state.ticket(ticketKey(5), FIRST, null);
        state.fence(fenceKey(), FIRST);

        assertThat(state.takeWrong(fenceKey())).containsExactlyInAnyOrder(ticketKey(5), fenceKey());
        assertThat(state.takeWrong(fenceKey())).isEmpty();
        assertThat(state.fenceOf(fenceKey())).isEqualTo(NEXT);
    }

    @Test
    void anOlderFenceDoesNotCountUnlessKafkaCountsAnew() {
        assertThat(state.fence(fenceKey(), NEXT)).isTrue();
        assertThat(state.fence(fenceKey(), FIRST)).isFalse();
        assertThat(state.fence(fenceKey(), new Fence(1, 1))).isTrue();
    }

    @Test
    void aTicketWithoutContentIsNone() {
        state.ticket(ticketKey(5), FIRST, ticket(5, 1));

        assertThat(tickets()).isEmpty();
        assertThat(state.count(GROUP)).isZero();
    }

    @Test
    void whatStoodInAStreamGoesWithIt() {
        state.fence(fenceKey(), FIRST);
        park(FIRST, 5, 1, 50);

        assertThat(state.remove(TOPIC))
                .containsExactlyInAnyOrder(ticketKey(5), key(ParkingKey.Kind.CONTENT, 5), fenceKey());
        assertThat(tickets()).isEmpty();
        assertThat(state.count(GROUP)).isZero();
    }

    @Test
    void aGroupOfWhichEverythingIsRemovedIsForgotten() {
        state.fence(fenceKey(), FIRST);
        park(FIRST, 5, 1, 50);

        assertThat(state.remove(GROUP)).hasSize(3);
        state.ticket(ticketKey(5), null, null);
        state.fence(fenceKey(), null);

        assertThat(state.incarnations()).isEmpty();
    }

    @Test
    void keysAndTicketsComeBackAsTheyWereWritten() {
        Ticket ticket = new Ticket(ticket(5, 0).position(), "länge|x", 3, 11, 22, "weil");
        ParkingKey key = new ParkingKey(ParkingKey.Kind.TICKET, "ns.a|b.1.x", TOPIC, 3, 99);

        assertThat(ParkingKey.read(key.bytes())).isEqualTo(key);
        assertThat(TicketForm.read(ticketKey(5), TicketForm.write(ticket))).isEqualTo(ticket);
    }
}
