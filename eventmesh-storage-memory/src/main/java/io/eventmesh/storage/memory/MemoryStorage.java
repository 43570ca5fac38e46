package io.eventmesh.storage.memory;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.lifecycle.Health;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.common.topic.StreamName;
import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.spi.storage.Capability;
import io.eventmesh.spi.storage.DeliveryTerms;
import io.eventmesh.spi.storage.Durability;
import io.eventmesh.spi.storage.EventRecord;
import io.eventmesh.spi.storage.GroupInfo;
import io.eventmesh.spi.storage.GroupReader;
import io.eventmesh.spi.storage.Parking;
import io.eventmesh.spi.storage.Peek;
import io.eventmesh.spi.storage.Position;
import io.eventmesh.spi.storage.Start;
import io.eventmesh.spi.storage.Storage;
import io.eventmesh.spi.storage.StoredRecord;
import io.eventmesh.spi.storage.StreamInfo;
import io.eventmesh.spi.storage.StreamPartition;
import io.eventmesh.spi.storage.StreamSettings;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps everything in the process' memory, within bounds, and forgets it at the end.
 *
 * <p>Has no thread: appends run on the caller's thread, which also hands the records to the readers that wait for them,
 * after every lock is released.
 *
 * <p>Thread-safe. States: new → running → closed; only running serves.
 */
public final class MemoryStorage implements Storage {
    static final CompletionStage<Void> DONE = CompletableFuture.completedStage(null);

    private static final Logger log = LoggerFactory.getLogger(MemoryStorage.class);

    private enum State {
        NEW,
        RUNNING,
        CLOSED
    }

    private final MeshClock clock;
    private final long recordLimit;
    private final Budget budget;
    private final Catalog catalog;
    private final Room room;
    private final MemoryParking parking = new MemoryParking(this);
    private volatile State state = State.NEW;

    public MemoryStorage(MemoryStorageConfig config, MeshClock clock) {
        this.clock = clock;
        this.recordLimit = config.streamLimit();
        this.budget = new Budget(config.maxBytes().bytes());
        this.catalog = new Catalog(this, config, budget, clock);
        this.room = new Room(budget, catalog.streams(), config, clock);
    }

    @Override
    public String name() {
        return "storage-memory";
    }

    @Override
    public void start() {
        if (state != State.NEW) {
            throw new IllegalStateException("state: " + state + " (expected: NEW)");
        }
        state = State.RUNNING;
        log.info(
                "Memory storage is volatile: what it keeps ends with the process. maxBytes={} streamMaxBytes={}",
                budget.limit(),
                recordLimit);
    }

    @Override
    public Health health() {
        return switch (state) {
            case NEW -> Health.down("not started");
            case RUNNING ->
                Health.up("volatile: events end with the process; %d of %d bytes used"
                        .formatted(budget.used(), budget.limit()));
            case CLOSED -> Health.down("closed");
        };
    }

    @Override
    public void close() {
        State before = state;
        state = State.CLOSED;
        Catalog.Left left = catalog.close();
        if (before == State.RUNNING) {
            log.info(
                    "Memory storage closed, what it held is gone. streams={} events={} parked={}",
                    left.streams(),
                    left.events(),
                    left.parked());
        }
    }

    @Override
    public Durability durability() {
        return Durability.MEMORY;
    }

    @Override
    public Set<Capability> capabilities() {
        return Set.of(Capability.BOUNDED, Capability.CUT_OFF);
    }

    @Override
    public CompletionStage<Void> createStream(StreamName stream, StreamSettings settings) {
        return attempt(() -> catalog.createStream(stream, settings));
    }

    @Override
    public Optional<StreamInfo> stream(StreamName stream) {
        requireRunning();
        return catalog.stream(stream).map(this::info);
    }

    @Override
    public List<StreamInfo> streams() {
        requireRunning();
        return catalog.streams().stream().map(this::info).toList();
    }

    @Override
    public CompletionStage<Void> deleteStream(StreamName stream) {
        return attempt(() -> catalog.deleteStream(stream));
    }

    @Override
    public CompletionStage<Long> purgeStream(StreamName stream) {
        return answer(() -> catalog.stream(stream).map(this::purge).orElse(0L));
    }

    private long purge(MemoryStream stream) {
        long events = 0;
        for (PartitionLog partition : stream.logs()) {
            events += partition.purge();
            partition.wake();
        }
        return events;
    }

    @Override
    public CompletionStage<Peek> peek(StreamPartition partition, long from, int maxRecords, long maxBytes) {
        return answer(() -> {
            MemoryStream stream = catalog.find(partition.stream());
            if (stream == null
                    || partition.index() < 0
                    || partition.index() >= stream.settings().partitions()) {
                throw noStream(partition.stream());
            }
            return look(stream.logs()[partition.index()], from, maxRecords, maxBytes);
        });
    }

    /** Takes the partition's lock for each record anew, so that nobody who appends waits for a long look. */
    private Peek look(PartitionLog partition, long from, int maxRecords, long maxBytes) {
        expire(partition);
        long first;
        long end;
        synchronized (partition) {
            first = partition.base();
            end = partition.end();
        }
        List<StoredRecord> found = new ArrayList<>();
        long at = Math.min(Math.max(from, first), end);
        long bytes = 0;
        for (; at < end && found.size() < maxRecords; at++) {
            StoredRecord record = partition.look(at);
            if (record == null) {
                continue;
            }
            bytes += record.record().size();
            if (bytes > maxBytes && !found.isEmpty()) {
                break;
            }
            found.add(record);
        }
        return new Peek(List.copyOf(found), first, at, end);
    }

    @Override
    public List<CompletionStage<Position>> append(StreamName stream, List<EventRecord> records, int spread) {
        MemoryStream target = isRunning() ? catalog.find(stream) : null;
        if (target == null) {
            EventMeshException why = isRunning() ? noStream(stream) : unavailable();
            return records.stream()
                    .map(record -> CompletableFuture.<Position>failedStage(why))
                    .toList();
        }
        long now = clock.nanoTime();
        if (records.size() == 1) {
            PartitionLog partition = target.logFor(records.get(0), spread);
            CompletionStage<Position> answer = append(target, partition, records.get(0), now);
            partition.wake();
            return List.of(answer);
        }
        return appendAll(target, records, spread, now);
    }

    @Override
    public CompletionStage<Void> createGroup(
            SubscriptionName group, Set<StreamName> streams, DeliveryTerms terms, Start start) {
        return attempt(() -> catalog.createGroup(group, streams, terms, start));
    }

    @Override
    public CompletionStage<Void> createPassingGroup(
            SubscriptionName group, Set<StreamName> streams, DeliveryTerms terms) {
        return attempt(() -> catalog.createPassingGroup(group, streams, terms));
    }

    @Override
    public CompletionStage<Void> alterGroup(SubscriptionName group, DeliveryTerms terms) {
        return attempt(() -> catalog.alterGroup(group, terms));
    }

    @Override
    public CompletionStage<Void> pauseGroup(SubscriptionName group, boolean paused) {
        return attempt(() -> catalog.pauseGroup(group, paused));
    }

    @Override
    public Optional<GroupInfo> group(SubscriptionName group) {
        requireRunning();
        return catalog.group(group).map(Group::info);
    }

    @Override
    public List<GroupInfo> groups() {
        requireRunning();
        return catalog.groups().stream().map(Group::info).toList();
    }

    @Override
    public CompletionStage<Void> moveGroup(SubscriptionName group, Start start) {
        return attempt(() -> catalog.moveGroup(group, start));
    }

    @Override
    public CompletionStage<Void> deleteGroup(SubscriptionName group) {
        return attempt(() -> catalog.deleteGroup(group));
    }

    @Override
    public CompletionStage<GroupReader> openReader(SubscriptionName group, GroupReader.Listener listener) {
        return answer(() -> catalog.openReader(group, listener));
    }

    @Override
    public Parking parking() {
        return parking;
    }

    boolean isRunning() {
        return state == State.RUNNING;
    }

    Group requireGroup(SubscriptionName name) {
        requireRunning();
        return catalog.group(name).orElseThrow(() -> noGroup(name));
    }

    boolean reserve(long size) {
        return room.reserve(size, clock.nanoTime());
    }

    /** A group has done something that it had not done before. */
    void progressed(Cursor cursor) {
        Group group = cursor.group();
        group.progressed(clock.nanoTime());
        if (group.isCutOff() && !(cursor.log().isYielding() && room.lagsTooFar(group))) {
            group.holdOn();
            log.info("Group is no longer cut off: it acks again. group={}", group.name());
        }
        cursor.log().stream().stir();
        budget.stir();
    }

    void closed(MemoryReader reader) {
        catalog.closeReader(reader);
    }

    /** Removes what is too old, where there is a maximal age, and tells the readers. Never under a lock. */
    void expire(PartitionLog partition) {
        if (partition.ages() && partition.expire(clock.millis())) {
            partition.wake();
        }
    }

    void expire(MemoryStream stream) {
        for (PartitionLog partition : stream.logs()) {
            expire(partition);
        }
    }

    EventMeshException full(String what, long size) {
        return new EventMeshException(
                ErrorCode.STORAGE_FULL,
                "%s of %s bytes: no room (expected: within %s bytes of a stream and %s of the store)"
                        .formatted(what, size, recordLimit, budget.limit()));
    }

    EventMeshException unavailable() {
        return new EventMeshException(
                ErrorCode.STORAGE_UNAVAILABLE,
                "memory storage: %s (expected: running)".formatted(state == State.NEW ? "not started" : "closed"));
    }

    static EventMeshException noGroup(SubscriptionName name) {
        return new EventMeshException(ErrorCode.NOT_FOUND, "group: %s (expected: one that exists)".formatted(name));
    }

    private static EventMeshException noStream(StreamName name) {
        return new EventMeshException(
                ErrorCode.TOPIC_NOT_FOUND, "stream: %s (expected: one that exists)".formatted(name));
    }

    private List<CompletionStage<Position>> appendAll(
            MemoryStream target, List<EventRecord> records, int spread, long now) {
        List<CompletionStage<Position>> answers = new ArrayList<>(records.size());
        List<PartitionLog> touched = new ArrayList<>();
        for (EventRecord record : records) {
            PartitionLog partition = target.logFor(record, spread);
            if (!touched.contains(partition)) {
                touched.add(partition);
            }
            answers.add(append(target, partition, record, now));
        }
        touched.forEach(PartitionLog::wake);
        return answers;
    }

    private CompletionStage<Position> append(
            MemoryStream target, PartitionLog partition, EventRecord record, long now) {
        int size = record.size();
        if (size > recordLimit) {
            return CompletableFuture.failedStage(new EventMeshException(
                    ErrorCode.EVENT_TOO_LARGE, "record size: %s (expected: <= %s)".formatted(size, recordLimit)));
        }
        expire(partition);
        if (!room.reserve(target, size, now)) {
            return CompletableFuture.failedStage(full("record", size));
        }
        Position position = partition.append(record, size, now);
        if (position == null) {
            target.budget().release(size);
            budget.release(size);
            return CompletableFuture.failedStage(isRunning() ? noStream(target.name()) : unavailable());
        }
        return CompletableFuture.completedFuture(position);
    }

    private StreamInfo info(MemoryStream stream) {
        expire(stream);
        return stream.info();
    }

    private CompletionStage<Void> attempt(Runnable step) {
        return answer(() -> {
            step.run();
            return null;
        });
    }

    private <T> CompletionStage<T> answer(Supplier<T> step) {
        try {
            requireRunning();
            return CompletableFuture.completedStage(step.get());
        } catch (EventMeshException refused) {
            return CompletableFuture.failedStage(refused);
        }
    }

    private void requireRunning() {
        if (!isRunning()) {
            throw unavailable();
        }
    }
}
