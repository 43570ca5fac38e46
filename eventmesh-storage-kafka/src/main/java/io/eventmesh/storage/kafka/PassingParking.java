package io.eventmesh.storage.kafka;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.spi.storage.EventRecord;
import io.eventmesh.spi.storage.Parking.Ticket;
import io.eventmesh.spi.storage.Position;
import io.eventmesh.spi.storage.StreamPartition;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;

/**
 * What passing groups have parked: in memory, {@value #MAX_BYTES} bytes in all, gone with the group. Thread-safe.
 */
final class PassingParking {
    /** No namespace has a colon. */
    private static final String PASSING = "passing:";

    private static final long MAX_BYTES = 32L << 20;
    private static final int TICKET_SIZE = 160;
    private static final Comparator<Position> ORDER =
            Comparator.comparing(Position::partition, KnownProgress.ORDER).thenComparingLong(Position::offset);

    private record Parked(Ticket ticket, EventRecord record) {
        long size() {
            return (long) record.size() + TICKET_SIZE + ticket.cause().length();
        }
    }

    private static final class Group {
        private final TreeMap<Position, Parked> parked = new TreeMap<>(ORDER);
        private final Map<StreamPartition, Long> epochs = new HashMap<>();
    }

    /** By incarnation. Guarded by this. */
    private final Map<String, Group> groups = new HashMap<>();

    private final AtomicLong bytes = new AtomicLong();

    synchronized void begin(String incarnation) {
        groups.put(incarnation, new Group());
    }

    synchronized void end(String incarnation) {
        Group group = groups.remove(incarnation);
        if (group != null) {
            group.parked.values().forEach(parked -> bytes.addAndGet(-parked.size()));
        }
    }

    synchronized void owned(String incarnation, StreamPartition partition, long epoch) {
        Group group = groups.get(incarnation);
        if (group != null) {
            group.epochs.put(partition, epoch);
        }
    }

    synchronized void put(String incarnation, long epoch, Ticket ticket, EventRecord record) {
        Group group = requireCurrent(incarnation, epoch, ticket.position());
        Parked parked = new Parked(ticket, record);
        Parked before = group.parked.get(ticket.position());
        long more = parked.size() - (before == null ? 0 : before.size());
        if (bytes.get() + more > MAX_BYTES) {
            throw new EventMeshException(
                    ErrorCode.STORAGE_FULL,
                    "parked events of passing groups: %d bytes (expected: at most %d)"
                            .formatted(bytes.get() + more, MAX_BYTES));
        }
        bytes.addAndGet(more);
        group.parked.put(ticket.position(), parked);
    }

    /** @return false when nothing is parked there */
    synchronized boolean replace(String incarnation, long epoch, Ticket ticket) {
        Group group = requireCurrent(incarnation, epoch, ticket.position());
        Parked before = group.parked.get(ticket.position());
        if (before == null) {
            return false;
        }
        Parked parked = new Parked(ticket, before.record());
        bytes.addAndGet(parked.size() - before.size());
        group.parked.put(ticket.position(), parked);
        return true;
    }

    synchronized void remove(String incarnation, long epoch, Position position) {
        Parked before = requireCurrent(incarnation, epoch, position).parked.remove(position);
        if (before != null) {
            bytes.addAndGet(-before.size());
        }
    }

    /** Without what stood in streams that are no more. */
    synchronized List<Ticket> tickets(String incarnation) {
        Group group = groups.get(incarnation);
        return group == null
                ? List.of()
                : group.parked.values().stream().map(Parked::ticket).toList();
    }

    synchronized @Nullable EventRecord record(String incarnation, Position position) {
        Group group = groups.get(incarnation);
        Parked parked = group == null ? null : group.parked.get(position);
        return parked == null ? null : parked.record();
    }

    synchronized long count(String incarnation) {
        Group group = groups.get(incarnation);
        return group == null ? 0 : group.parked.size();
    }

    /** Drops what stood in a stream. */
    synchronized void drop(StreamEntry stream) {
        groups.values()
                .forEach(group -> group.parked.entrySet().removeIf(each -> {
                    boolean gone = each.getKey().partition().stream().equals(stream.name());
                    if (gone) {
                        bytes.addAndGet(-each.getValue().size());
                    }
                    return gone;
                }));
    }

    private Group requireCurrent(String incarnation, long epoch, Position position) {
        Group group = groups.get(incarnation);
        if (group == null || epoch < group.epochs.getOrDefault(position.partition(), epoch)) {
            throw KafkaParking.fenced(position, epoch);
        }
        return group;
    }

    /** A new incarnation of a passing group. */
    static String incarnation() {
        return PASSING + Uuid.randomUuid();
    }

    static boolean isPassing(String incarnation) {
        return incarnation.startsWith(PASSING);
    }
}
