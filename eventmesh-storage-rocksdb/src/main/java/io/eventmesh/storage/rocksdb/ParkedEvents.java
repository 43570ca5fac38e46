package io.eventmesh.storage.rocksdb;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.StreamName;
import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.spi.storage.EventRecord;
import io.eventmesh.spi.storage.Parking;
import io.eventmesh.spi.storage.Position;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksDBException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Parking in two tables: tickets, and the events that they are for. Only counts are in memory. What a change meets is
 * looked up when it is written, in the order of the pipe. Thread-safe.
 */
final class ParkedEvents implements Parking {
    private static final Logger log = LoggerFactory.getLogger(ParkedEvents.class);
    /** Bytes that a ticket is counted with, its texts apart. */
    private static final int TICKET_SIZE = 160;

    private static final Comparator<Ticket> ORDER = Comparator.comparing(
                    (Ticket ticket) -> ticket.position().partition(), Cursor.ORDER)
            .thenComparingLong(ticket -> ticket.position().offset());

    private final OpenStorage storage;
    private final Database database;
    private final CommitPipe pipe;
    private final Budget store;
    private final RecordForm form;

    ParkedEvents(OpenStorage storage, Database database, LogEnvironment environment, RecordChecksum checksum) {
        this.storage = storage;
        this.database = database;
        this.pipe = environment.pipe();
        this.store = environment.store();
        this.form = new RecordForm(checksum);
    }

    @Override
    public CompletionStage<Void> park(SubscriptionName name, long epoch, Ticket ticket, EventRecord record) {
        return with(name, group -> {
            int size = record.size() + TICKET_SIZE + texts(ticket);
            storage.requireRoomOnDisk("parked event");
            storage.reserve(size);
            return offer(new Park(group, epoch, ticket, record, size));
        });
    }

    @Override
    public CompletionStage<Void> repark(SubscriptionName name, long epoch, Ticket ticket) {
        return with(name, group -> offer(new Repark(group, epoch, ticket)));
    }

    @Override
    public CompletionStage<Void> remove(SubscriptionName name, long epoch, Position position) {
        return with(name, group -> offer(new Remove(group, epoch, position)));
    }

    @Override
    public CompletionStage<List<Ticket>> tickets(SubscriptionName name) {
        // behind all that was written under older epochs
        return with(
                name,
                group -> offer(new Nothing(group))
                        .thenCompose(done -> storage.backlog().look(() -> {
                            List<Ticket> tickets = new ArrayList<>();
                            database.each(
                                    Table.TICKETS,
                                    Keys.parkedOf(group.id()),
                                    (key, value) -> tickets.add(
                                            BinaryReader.read(value, in -> Stored.ticket(Keys.position(key), in))
                                                    .ticket()));
                            tickets.sort(ORDER);
                            return tickets;
                        })));
    }

    @Override
    public CompletionStage<EventRecord> read(SubscriptionName name, Position position) {
        return with(
                name,
                group -> storage.backlog().look(() -> {
                    byte[] key = Keys.parked(group.id(), position);
                    byte[] bytes;
                    try {
                        bytes = database.get(Table.PARKED, key);
                        if (bytes == null) {
                            throw notParked(name, position);
                        }
                    } catch (RocksDBException failed) {
                        if (!Failures.isDamage(failed)) {
                            throw failed;
                        }
                        bytes = database.unchecked(Table.PARKED, key);
                    }
                    return restored(group, position, key, bytes == null ? new byte[0] : bytes);
                }));
    }

    /** The event; when its bytes are damaged the one in the stream, and when that is gone too a gap and NOT_FOUND. */
    private EventRecord restored(Group group, Position position, byte[] key, byte[] bytes) throws RocksDBException {
        try {
            return form.read(ByteBuffer.wrap(bytes), 0, bytes.length, place(key));
        } catch (DamagedException damaged) {
            EventRecord twin = storage.recordAt(position);
            if (twin != null) {
                return twin;
            }
            log.warn(
                    "Parked event is damaged and left out. group={} position={} cause={}",
                    group.name(),
                    position,
                    damaged.getMessage());
            database.damaged("parked %s: %s".formatted(position, damaged.getMessage()));
            pipe.offer(new Remove(group, Long.MAX_VALUE, position));
            storage.lost(group, position);
            throw notParked(group.name(), position);
        }
    }

    /** Drops everything of a group. */
    void clear(Group group) {
        pipe.offer(new Clear(group, Keys.parkedOf(group.id())));
    }

    /** Drops what stood in a stream. */
    void clear(Group group, StreamName stream) {
        pipe.offer(new Clear(group, Keys.parkedOf(group.id(), stream)));
    }

    private <T> CompletionStage<T> with(SubscriptionName name, Function<Group, CompletionStage<T>> step) {
        try {
            return step.apply(storage.requireGroup(name));
        } catch (EventMeshException refused) {
            return CompletableFuture.failedStage(refused);
        }
    }

    private CompletionStage<Void> offer(ParkingChange change) {
        pipe.offer(change);
        return change;
    }

    private static int texts(Ticket ticket) {
        String lane = ticket.lane();
        return ticket.cause().length() + (lane == null ? 0 : lane.length());
    }

    private static long place(byte[] key) {
        return Arrays.hashCode(key);
    }

    private static EventMeshException notParked(SubscriptionName group, Position position) {
        return new EventMeshException(
                ErrorCode.NOT_FOUND,
                "parked event: %s of %s (expected: one that is parked)".formatted(position, group));
    }

    private static Stored.@Nullable Parked found(Batch batch, Position position, byte[] key) throws RocksDBException {
        byte[] bytes = batch.ticket(key);
        if (bytes == null) {
            return null;
        }
        try {
            return BinaryReader.read(bytes, in -> Stored.ticket(position, in));
        } catch (DamagedException damaged) {
            throw new EventMeshException(
                    ErrorCode.DATA_CORRUPT, "ticket at %s: %s".formatted(position, damaged.getMessage()), damaged);
        }
    }

    /** A change of what is parked, and what it does to the counts once it is durable. */
    private abstract class ParkingChange extends CompletableFuture<Void> implements Change {
        final Group group;
        long events;
        long bytes;

        ParkingChange(Group group) {
            this.group = group;
        }

        @Override
        public int weight() {
            return 256;
        }

        @Override
        public boolean looksUp() {
            return true;
        }

        @Override
        public void durable() {
            group.parked().addAndGet(events);
            store.force(bytes);
            store.stir();
            complete(null);
        }

        @Override
        public void failed(EventMeshException why) {
            completeExceptionally(why);
        }
    }

    private final class Park extends ParkingChange {
        private final long epoch;
        private final Ticket ticket;
        private final EventRecord record;
        private final int size;

        Park(Group group, long epoch, Ticket ticket, EventRecord record, int size) {
            super(group);
            this.epoch = epoch;
            this.ticket = ticket;
            this.record = record;
            this.size = size;
        }

        @Override
        public int weight() {
            return size;
        }

        @Override
        public void write(Batch batch) throws RocksDBException {
            if (group.isRemoved()) {
                throw OpenStorage.noGroup(group.name());
            }
            group.requireCurrent(ticket.position(), epoch);
            byte[] key = Keys.parked(group.id(), ticket.position());
            Stored.Parked before = found(batch, ticket.position(), key);
            events = before == null ? 1 : 0;
            bytes = before == null ? 0 : -before.size();
            batch.putTicket(key, Stored.ticket(ticket, size));
            ByteBuffer content = ByteBuffer.allocate(RecordForm.maxSize(record));
            form.write(record, place(key), content);
            batch.put(Table.PARKED, key, Arrays.copyOf(content.array(), content.position()));
        }

        @Override
        public void failed(EventMeshException why) {
            store.release(size);
            super.failed(why);
        }
    }

    private final class Repark extends ParkingChange {
        private final long epoch;
        private final Ticket ticket;

        Repark(Group group, long epoch, Ticket ticket) {
            super(group);
            this.epoch = epoch;
            this.ticket = ticket;
        }

        @Override
        public void write(Batch batch) throws RocksDBException {
            group.requireCurrent(ticket.position(), epoch);
            byte[] key = Keys.parked(group.id(), ticket.position());
            Stored.Parked before = group.isRemoved() ? null : found(batch, ticket.position(), key);
            if (before == null) {
                throw notParked(group.name(), ticket.position());
            }
            int size = before.size() - texts(before.ticket()) + texts(ticket);
            bytes = (long) size - before.size();
            batch.putTicket(key, Stored.ticket(ticket, size));
        }
    }

    private final class Remove extends ParkingChange {
        private final long epoch;
        private final Position position;

        Remove(Group group, long epoch, Position position) {
            super(group);
            this.epoch = epoch;
            this.position = position;
        }

        @Override
        public void write(Batch batch) throws RocksDBException {
            group.requireCurrent(position, epoch);
            byte[] key = Keys.parked(group.id(), position);
            Stored.Parked before = found(batch, position, key);
            if (before == null) {
                return;
            }
            events = -1;
            bytes = -before.size();
            batch.deleteTicket(key);
            batch.delete(Table.PARKED, key);
        }
    }

    /** Changes nothing and is done when what came before it is. */
    private final class Nothing extends ParkingChange {
        Nothing(Group group) {
            super(group);
        }

        @Override
        public boolean looksUp() {
            return false;
        }

        @Override
        public void write(Batch batch) {
            // its place is what counts
        }
    }

    private final class Clear extends ParkingChange {
        private final byte[] prefix;

        Clear(Group group, byte[] prefix) {
            super(group);
            this.prefix = prefix;
        }

        @Override
        public void write(Batch batch) throws RocksDBException {
            events = 0;
            bytes = 0;
            try {
                batch.eachTicket(prefix, (key, value) -> {
                    Position position = Keys.position(key);
                    events--;
                    bytes -= BinaryReader.read(value, in -> Stored.ticket(position, in))
                            .size();
                });
            } catch (DamagedException damaged) {
                // their bytes stay counted until the next start; what is damaged goes all the same
                events = -group.parked().get();
            }
            if (events != 0) {
                batch.deleteAll(Table.TICKETS, prefix);
                batch.deleteAll(Table.PARKED, prefix);
            }
        }
    }
}
