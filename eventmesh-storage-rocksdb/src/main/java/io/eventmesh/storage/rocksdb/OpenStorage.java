package io.eventmesh.storage.rocksdb;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.common.topic.StreamName;
import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.spi.storage.DeliveryTerms;
import io.eventmesh.spi.storage.EventRecord;
import io.eventmesh.spi.storage.Peek;
import io.eventmesh.spi.storage.Position;
import io.eventmesh.spi.storage.Start;
import io.eventmesh.spi.storage.StreamPartition;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksDBException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The data of one directory from opening to closing: the database, the way to it and what is known of it in memory.
 *
 * <p>Thread-safe. States: running → broken (see {@link CommitPipe}) → closed, or running → closed.
 */
final class OpenStorage implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(OpenStorage.class);
    private static final Duration LATER = Duration.ofSeconds(1);
    private static final long RECLAIM_PIECE = 16L << 20;
    /** Files of so many write buffers may hold nothing but garbage. */
    private static final int GARBAGE_BUFFERS = 4;

    /**
     * What it is made of.
     *
     * @param checksum over records
     * @param journal that makes batches durable
     * @param disk its room
     */
    record Parts(RecordChecksum checksum, Journal journal, DiskRoom disk) {}

    private final RocksStorageConfig config;
    private final MeshClock clock;
    private final DiskRoom disk;
    private final Database database;
    private final Garbage garbage;
    private final CommitPipe pipe;
    private final LogEnvironment environment;
    private final Catalog catalog;
    private final Room room;
    private final ChunkReader chunks;
    private final Backlog backlog;
    private final ParkedEvents parked;
    private volatile boolean closed;

    /**
     * Opens the data, or makes it.
     *
     * @param onBroken is told, on the writing thread, what broke it
     * @throws EventMeshException STORAGE_OWNED, STORAGE_UNAVAILABLE, or DATA_CORRUPT when facts are damaged
     */
    OpenStorage(Path directory, RocksStorageConfig config, MeshClock clock, Parts parts, Consumer<Exception> onBroken) {
        this.config = config;
        this.clock = clock;
        this.disk = parts.disk();
        this.database = new Database(directory, config, parts.journal());
        this.garbage =
                new Garbage(database, GARBAGE_BUFFERS * config.writeBuffer().bytes(), clock);
        TailBudget tail = new TailBudget(config.tailBytes().bytes());
        this.pipe = new CommitPipe(
                database, tail, parts.checksum(), config.queueBytes().bytes(), this::lookAround, onBroken);
        this.environment = new LogEnvironment(
                pipe,
                new Budget(config.retention().bytes().bytes()),
                tail,
                config.streamLimit(),
                config.retention().age().toMillis());
        this.chunks = new ChunkReader(database, parts.checksum());
        this.backlog = new Backlog(chunks, database);
        this.parked = new ParkedEvents(this, database, environment, parts.checksum());
        try {
            Recovery recovery = new Recovery(database, environment);
            Counters counters = recovery.counters().withRun();
            this.catalog = new Catalog(this, environment, counters);
            this.room = new Room(environment.store(), catalog.streams(), clock);
            recovery.into(catalog);
            pipe.offer(new FactChange(batch -> batch.put(Table.FACTS, Keys.counters(), counters.stored())));
        } catch (RocksDBException failed) {
            release();
            throw new EventMeshException(
                    Failures.isDamage(failed) ? ErrorCode.DATA_CORRUPT : ErrorCode.STORAGE_UNAVAILABLE,
                    "rocksdb's facts cannot be read: " + Failures.text(failed),
                    failed);
        } catch (DamagedException damaged) {
            release();
            throw new EventMeshException(
                    ErrorCode.DATA_CORRUPT, "rocksdb's facts are damaged: " + damaged.getMessage(), damaged);
        } catch (RuntimeException defect) {
            release();
            throw defect;
        }
        pipe.start();
    }

    private void release() {
        backlog.close();
        pipe.close();
        database.close();
    }

    Catalog catalog() {
        return catalog;
    }

    ParkedEvents parkedEvents() {
        return parked;
    }

    Backlog backlog() {
        return backlog;
    }

    Budget store() {
        return environment.store();
    }

    /** What recovery had to leave out of the write-ahead log; empty for nothing. */
    String leftOut() {
        return database.leftOut();
    }

    /** The first damage that was found since it was opened; empty for none. */
    String damage() {
        return database.damage();
    }

    /** Why it does not serve, null if it does. */
    @Nullable
    EventMeshException unavailable() {
        if (closed) {
            return new EventMeshException(ErrorCode.STORAGE_UNAVAILABLE, "rocksdb storage: closed (expected: running)");
        }
        return pipe.broken();
    }

    void requireRunning() {
        EventMeshException unavailable = unavailable();
        if (unavailable != null) {
            throw unavailable;
        }
    }

    Group requireGroup(SubscriptionName name) {
        requireRunning();
        return catalog.group(name).orElseThrow(() -> noGroup(name));
    }

    void requireRoomOnDisk(String what) {
        requireRunning();
        if (disk.isScarce()) {
            throw diskFull(what);
        }
    }

    /** Reserves bytes of the store, or says that it is full. */
    void reserve(long size) {
        if (!room.reserve(size, clock.nanoTime())) {
            throw full("parked event", size);
        }
    }

    // appends

    List<CompletionStage<Position>> append(StreamName name, List<EventRecord> records, int spread) {
        EventMeshException refusal = unavailable();
        LogStream stream = catalog.find(name);
        if (refusal == null && stream == null) {
            refusal = noStream(name);
        } else if (refusal == null && disk.isScarce()) {
            refusal = diskFull("record");
        }
        List<CompletionStage<Position>> answers = new ArrayList<>(records.size());
        long now = clock.nanoTime();
        for (EventRecord record : records) {
            answers.add(
                    refusal != null || stream == null
                            ? CompletableFuture.failedStage(refusal)
                            : append(stream, record, spread, now));
        }
        return answers;
    }

    private CompletionStage<Position> append(LogStream stream, EventRecord record, int spread, long now) {
        int size = record.size();
        if (size > config.streamLimit()) {
            return CompletableFuture.failedStage(new EventMeshException(
                    ErrorCode.EVENT_TOO_LARGE,
                    "record size: %s (expected: <= %s)".formatted(size, config.streamLimit())));
        }
        if (!pipe.hasRoom(size)) {
            return CompletableFuture.failedStage(new EventMeshException(
                    ErrorCode.OVERLOADED,
                    "bytes on their way to the disk: full (expected: within %s)".formatted(config.queueBytes())));
        }
        PartitionLog partition = stream.logFor(record, spread);
        expire(partition);
        if (!room.reserve(stream, size, now)) {
            return CompletableFuture.failedStage(full("record", size));
        }
        PendingRecord pending = partition.append(record, size);
        if (pending == null) {
            stream.budget().release(size);
            environment.store().release(size);
            EventMeshException unavailable = unavailable();
            return CompletableFuture.failedStage(unavailable == null ? noStream(stream.name()) : unavailable);
        }
        return pending;
    }

    // for operators

    /** Removes what was appended before, once it is durable: what is on its way cannot be taken back. */
    CompletionStage<Long> purge(StreamName name) {
        LogStream stream = catalog.find(name);
        if (stream == null) {
            return CompletableFuture.completedStage(0L);
        }
        Map<PartitionLog, Long> cuts = new HashMap<>();
        for (PartitionLog partition : stream.logs()) {
            cuts.put(partition, partition.cut());
        }
        return barrier().thenCompose(durable -> {
            long events = 0;
            for (Map.Entry<PartitionLog, Long> cut : cuts.entrySet()) {
                events += cut.getKey().purge(cut.getValue());
                cut.getKey().wake();
                stir(cut.getKey());
            }
            long purged = events;
            return barrier().thenApply(done -> purged);
        });
    }

    CompletionStage<Peek> peek(StreamPartition place, long from, int maxRecords, long maxBytes) {
        PartitionLog partition = partition(place);
        if (partition == null) {
            return CompletableFuture.failedStage(noStream(place.stream()));
        }
        expire(partition);
        return backlog.look(() -> chunks.peek(partition, from, maxRecords, maxBytes));
    }

    /** Completes when everything is durable that is on its way. */
    private CompletionStage<Void> barrier() {
        FactChange before = new FactChange(batch -> {});
        pipe.offer(before);
        return before;
    }

    // groups

    CompletionStage<Void> createGroup(
            SubscriptionName group, Set<StreamName> streams, DeliveryTerms terms, Start start) {
        Optional<Group> there = catalog.group(group);
        if (there.isEmpty() && start instanceof Start.AtTime at) {
            return lookUp(streams, at).thenCompose(starts -> catalog.createGroup(group, streams, terms, starts));
        }
        return catalog.createGroup(
                group, streams, terms, there.isPresent() ? Starts.EARLIEST : Starts.of(start, streams));
    }

    CompletionStage<Void> moveGroup(SubscriptionName group, Start start) {
        Set<StreamName> streams = requireGroup(group).streams();
        if (start instanceof Start.AtTime at) {
            return lookUp(streams, at).thenCompose(starts -> catalog.moveGroup(group, starts));
        }
        return catalog.moveGroup(group, Starts.of(start, streams));
    }

    /** Looks for a time's records among those that are durable, once everything is that was appended before. */
    private CompletionStage<Starts> lookUp(Set<StreamName> streams, Start.AtTime at) {
        return barrier()
                .thenCompose(nothing -> backlog.look(() -> {
                    long millis = at.time().toEpochMilli();
                    Map<PartitionLog, Long> found = new HashMap<>();
                    for (PartitionLog partition : catalog.partitions(streams)) {
                        long from = partition.lookFrom(millis);
                        long to;
                        synchronized (partition) {
                            to = partition.visible();
                        }
                        found.put(partition, chunks.firstSince(partition, from, to, millis));
                    }
                    return Starts.found(found);
                }));
    }

    // readers

    /** Something was finished in the partition: there may be room. */
    void stir(PartitionLog partition) {
        partition.stream().budget().stir();
        environment.store().stir();
    }

    void closed(RocksReader reader) {
        catalog.closeReader(reader);
    }

    void fetch(Assignment assignment) {
        backlog.fetch(assignment);
    }

    /** Removes what is too old, where there is a maximal age, and tells the readers. Never under a lock. */
    void expire(PartitionLog partition) {
        if (partition.ages() && partition.expire(clock.millis())) {
            partition.wake();
        }
    }

    void expire(LogStream stream) {
        for (PartitionLog partition : stream.logs()) {
            expire(partition);
        }
    }

    // damage

    /** The record at a position, null when it is not there any more or damaged. Blocks for the disk. */
    @Nullable
    EventRecord recordAt(Position position) throws RocksDBException {
        PartitionLog partition = partition(position.partition());
        return partition == null ? null : chunks.at(partition, position.offset());
    }

    /** Notes that a group will never see the event of a position again, and tells its reader. */
    void lost(Group group, Position position) {
        Cursor cursor = group.cursors().get(position.partition());
        if (cursor == null) {
            return;
        }
        synchronized (cursor.log()) {
            cursor.damaged(position.offset(), position.offset() + 1);
        }
        cursor.log().wake();
    }

    private @Nullable PartitionLog partition(StreamPartition place) {
        LogStream stream = catalog.find(place.stream());
        int index = place.index();
        return stream == null || index < 0 || index >= stream.logs().length ? null : stream.logs()[index];
    }

    // housekeeping

    /** On the writing thread, now and then. */
    private void lookAround() {
        boolean before = disk.isScarce();
        disk.refresh();
        garbage.refresh();
        if (disk.isScarce() && !before) {
            log.info("Freeing what every group has finished. bytes={}", RECLAIM_PIECE);
            room.free(RECLAIM_PIECE);
        }
    }

    private EventMeshException diskFull(String what) {
        return new EventMeshException(
                ErrorCode.STORAGE_FULL,
                "%s: free bytes on the disk %s (expected: at least %s)".formatted(what, disk.free(), disk.minFree()),
                LATER);
    }

    private EventMeshException full(String what, long size) {
        return new EventMeshException(
                ErrorCode.STORAGE_FULL,
                "%s of %s bytes: no room (expected: within %s bytes of a stream and %s of the store)"
                        .formatted(
                                what,
                                size,
                                config.streamLimit(),
                                environment.store().limit()),
                LATER);
    }

    static EventMeshException noGroup(SubscriptionName name) {
        return new EventMeshException(ErrorCode.NOT_FOUND, "group: %s (expected: one that exists)".formatted(name));
    }

    private static EventMeshException noStream(StreamName name) {
        return new EventMeshException(
                ErrorCode.TOPIC_NOT_FOUND, "stream: %s (expected: one that exists)".formatted(name));
    }

    /** Tells all readers that they cannot go on. */
    void fail(EventMeshException cause) {
        catalog.fail(cause);
    }

    /** Writes and answers what was accepted, takes the partitions from all readers and closes the database. */
    @Override
    public void close() {
        closed = true;
        pipe.close();
        catalog.close();
        backlog.close();
        if (pipe.isAlive()) {
            log.warn("Database stays open: a write to it does not end.");
        } else {
            database.close();
        }
    }
}
