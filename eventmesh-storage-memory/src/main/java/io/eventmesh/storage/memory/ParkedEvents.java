package io.eventmesh.storage.memory;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.StreamName;
import io.eventmesh.spi.storage.EventRecord;
import io.eventmesh.spi.storage.Parking.Ticket;
import io.eventmesh.spi.storage.Position;
import io.eventmesh.spi.storage.StreamPartition;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What one group has parked, in the order of positions; its bytes are the store's. Thread-safe. */
final class ParkedEvents {
    /** Bytes that a ticket is counted with, its texts apart. */
    private static final int TICKET_SIZE = 160;

    private record Parked(Ticket ticket, EventRecord record) {
        long size() {
            return sizeOf(ticket, record);
        }
    }

    private final Budget store;
    private final TreeMap<Position, Parked> events = new TreeMap<>(
            Comparator.comparing(Position::partition, Cursor.ORDER).thenComparingLong(Position::offset));
    /** The newest epoch of each partition that was ever assigned. */
    private final Map<StreamPartition, Long> epochs = new HashMap<>();

    private boolean closed;

    ParkedEvents(Budget store) {
        this.store = store;
    }

    static long sizeOf(Ticket ticket, EventRecord record) {
        String lane = ticket.lane();
        long texts = (long) ticket.cause().length() + (lane == null ? 0 : lane.length());
        return record.size() + TICKET_SIZE + texts;
    }

    /** The partition was assigned: what comes under older epochs is refused from now on. */
    synchronized void fence(StreamPartition partition, long epoch) {
        epochs.put(partition, epoch);
    }

    private boolean isCurrent(Position position, long epoch) {
        return epoch >= epochs.getOrDefault(position.partition(), epoch);
    }

    private void requireCurrent(Position position, long epoch) {
        if (!isCurrent(position, epoch)) {
            throw new EventMeshException(
                    ErrorCode.FENCED,
                    "parked event %s: epoch %d (expected: the partition's newest)".formatted(position, epoch));
        }
    }

    /**
     * Keeps an event whose bytes are reserved; they are given back when it is refused.
     *
     * @return false when the group is gone
     * @throws EventMeshException FENCED
     */
    synchronized boolean put(long epoch, Ticket ticket, EventRecord record) {
        if (!isCurrent(ticket.position(), epoch)) {
            store.release(sizeOf(ticket, record));
            requireCurrent(ticket.position(), epoch);
        }
        if (closed) {
            store.release(sizeOf(ticket, record));
            return false;
        }
        release(events.put(ticket.position(), new Parked(ticket, record)));
        return true;
    }

    /** Exchanges the ticket; false when nothing is parked there. */
    synchronized boolean replace(long epoch, Ticket ticket) {
        requireCurrent(ticket.position(), epoch);
        Parked parked = events.get(ticket.position());
        if (parked == null) {
            return false;
        }
        Parked changed = new Parked(ticket, parked.record());
        events.put(ticket.position(), changed);
        store.force(changed.size() - parked.size());
        return true;
    }

    synchronized void remove(long epoch, Position position) {
        requireCurrent(position, epoch);
        release(events.remove(position));
    }

    synchronized List<Ticket> tickets() {
        return events.values().stream().map(Parked::ticket).toList();
    }

    synchronized @Nullable EventRecord record(Position position) {
        Parked parked = events.get(position);
        return parked == null ? null : parked.record();
    }

    synchronized long count() {
        return events.size();
    }

    synchronized void clear() {
        events.values().forEach(this::release);
        events.clear();
    }

    /** Drops what stood in a stream. */
    synchronized void clear(StreamName stream) {
        events.entrySet().removeIf(entry -> {
            boolean there = entry.getKey().partition().stream().equals(stream);
            if (there) {
                release(entry.getValue());
            }
            return there;
        });
    }

    /** Drops everything and takes nothing more. */
    synchronized void close() {
        closed = true;
        clear();
    }

    private void release(@Nullable Parked parked) {
        if (parked != null) {
            store.release(parked.size());
            store.stir();
        }
    }
}
