package io.eventmesh.runtime.mesh.peer;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.lifecycle.Health;
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
import io.eventmesh.spi.storage.StreamInfo;
import io.eventmesh.spi.storage.StreamPartition;
import io.eventmesh.spi.storage.StreamSettings;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/** What one runtime sees of {@link SharedMemory}; its epochs mean nothing to the others. */
final class SharedView implements Storage {
    private final SharedMemory memory;
    private final Set<SubscriptionName> passing = ConcurrentHashMap.newKeySet();
    private final Map<SubscriptionName, SharedReader> readers = new ConcurrentHashMap<>();
    private final AtomicLong epochs = new AtomicLong();
    private volatile boolean dead;

    SharedView(SharedMemory memory) {
        this.memory = memory;
    }

    long nextEpoch() {
        return epochs.incrementAndGet();
    }

    boolean isDead() {
        return dead;
    }

    /** The process is gone, and its session is over: nothing of it is heard any more. */
    void kill() {
        dead = true;
        readers.values().forEach(SharedReader::close);
        passing.forEach(memory.behind::deleteGroup);
    }

    /** The partitions of a group that are this one's. */
    List<StreamPartition> owned(SubscriptionName group) {
        return memory.of(group).owners.entrySet().stream()
                .filter(entry -> entry.getValue() == readers.get(group))
                .map(Map.Entry::getKey)
                .toList();
    }

    @Override
    public String name() {
        return "storage-shared";
    }

    @Override
    public void start() {
        // the memory behind it is started
    }

    @Override
    public Health health() {
        return Health.up();
    }

    @Override
    public void close() {
        kill();
    }

    @Override
    public Durability durability() {
        return Durability.ENGINE;
    }

    @Override
    public Set<Capability> capabilities() {
        return Set.of(Capability.SHARED);
    }

    @Override
    public CompletionStage<Void> createStream(StreamName stream, StreamSettings settings) {
        return alive(() -> memory.behind.createStream(stream, settings).whenComplete((made, failure) -> dealAll()));
    }

    private void dealAll() {
        memory.behind.groups().forEach(group -> memory.deal(group.name()));
    }

    @Override
    public Optional<StreamInfo> stream(StreamName stream) {
        return memory.behind.stream(stream);
    }

    @Override
    public List<StreamInfo> streams() {
        return memory.behind.streams();
    }

    @Override
    public CompletionStage<Void> deleteStream(StreamName stream) {
        return alive(() -> memory.behind.deleteStream(stream));
    }

    @Override
    public CompletionStage<Long> purgeStream(StreamName stream) {
        return alive(() -> memory.behind.purgeStream(stream));
    }

    @Override
    public CompletionStage<Peek> peek(StreamPartition partition, long from, int maxRecords, long maxBytes) {
        return alive(() -> memory.behind.peek(partition, from, maxRecords, maxBytes));
    }

    @Override
    public List<CompletionStage<Position>> append(StreamName stream, List<EventRecord> records, int spread) {
        if (dead) {
            return records.stream()
                    .map(record -> CompletableFuture.<Position>failedStage(gone()))
                    .toList();
        }
        List<CompletionStage<Position>> answers = memory.behind.append(stream, records, spread);
        memory.appended(stream);
        return answers;
    }

    @Override
    public CompletionStage<Void> createGroup(
            SubscriptionName group, Set<StreamName> streams, DeliveryTerms terms, Start start) {
        return alive(() -> memory.behind
                .createGroup(group, streams, terms, start)
                .whenComplete((made, failure) -> memory.deal(group)));
    }

    @Override
    public CompletionStage<Void> createPassingGroup(
            SubscriptionName group, Set<StreamName> streams, DeliveryTerms terms) {
        passing.add(group);
        return alive(() -> memory.behind.createPassingGroup(group, streams, terms));
    }

    @Override
    public CompletionStage<Void> alterGroup(SubscriptionName group, DeliveryTerms terms) {
        return alive(() -> memory.behind.alterGroup(group, terms));
    }

    @Override
    public CompletionStage<Void> pauseGroup(SubscriptionName group, boolean paused) {
        return alive(() -> memory.behind.pauseGroup(group, paused));
    }

    @Override
    public Optional<GroupInfo> group(SubscriptionName group) {
        return memory.behind.group(group).filter(this::isSeen).map(this::shown);
    }

    @Override
    public List<GroupInfo> groups() {
        return memory.behind.groups().stream()
                .filter(this::isSeen)
                .map(this::shown)
                .toList();
    }

    private boolean isSeen(GroupInfo info) {
        return !info.name().group().startsWith("_passing/") || passing.contains(info.name());
    }

    private GroupInfo shown(GroupInfo info) {
        return passing.contains(info.name()) ? info : memory.shown(info);
    }

    @Override
    public CompletionStage<Void> moveGroup(SubscriptionName group, Start start) {
        return alive(() -> {
            if (!memory.of(group).readers.isEmpty()) {
                return CompletableFuture.failedStage(
                        new EventMeshException(ErrorCode.FENCED, "group %s is read".formatted(group)));
            }
            return memory.behind.moveGroup(group, start).thenRun(() -> memory.forget(group));
        });
    }

    @Override
    public CompletionStage<Void> deleteGroup(SubscriptionName group) {
        return alive(() -> memory.behind.deleteGroup(group).whenComplete((done, failure) -> memory.deal(group)));
    }

    @Override
    public CompletionStage<GroupReader> openReader(SubscriptionName group, GroupReader.Listener listener) {
        return alive(() -> {
            if (passing.contains(group)) {
                return memory.behind.openReader(group, listener);
            }
            if (memory.behind.group(group).isEmpty()) {
                return CompletableFuture.failedStage(
                        new EventMeshException(ErrorCode.NOT_FOUND, "group %s".formatted(group)));
            }
            SharedReader reader = new SharedReader(memory, this, group, listener);
            SharedReader before = readers.put(group, reader);
            if (before != null) {
                before.close();
            }
            memory.opened(group, reader);
            return CompletableFuture.completedStage(reader);
        });
    }

    @Override
    public Parking parking() {
        Parking behind = memory.behind.parking();
        return new Parking() {
            @Override
            public CompletionStage<Void> park(SubscriptionName group, long epoch, Ticket ticket, EventRecord record) {
                return owned(group, ticket.position(), epoch, () -> behind.park(group, Long.MAX_VALUE, ticket, record));
            }

            @Override
            public CompletionStage<Void> repark(SubscriptionName group, long epoch, Ticket ticket) {
                return owned(group, ticket.position(), epoch, () -> behind.repark(group, Long.MAX_VALUE, ticket));
            }

            @Override
            public CompletionStage<Void> remove(SubscriptionName group, long epoch, Position position) {
                return owned(group, position, epoch, () -> behind.remove(group, Long.MAX_VALUE, position));
            }

            @Override
            public CompletionStage<List<Ticket>> tickets(SubscriptionName group) {
                return alive(() -> behind.tickets(group));
            }

            @Override
            public CompletionStage<EventRecord> read(SubscriptionName group, Position position) {
                return alive(() -> behind.read(group, position));
            }
        };
    }

    private CompletionStage<Void> owned(
            SubscriptionName group, Position position, long epoch, Supplier<CompletionStage<Void>> step) {
        if (!passing.contains(group) && !memory.isOwner(group, position.partition(), readers.get(group), epoch)) {
            return CompletableFuture.failedStage(new EventMeshException(ErrorCode.FENCED, "parked " + position));
        }
        return alive(step);
    }

    private <T> CompletionStage<T> alive(Supplier<CompletionStage<T>> step) {
        return dead ? CompletableFuture.failedStage(gone()) : step.get();
    }

    private static EventMeshException gone() {
        return new EventMeshException(ErrorCode.STORAGE_UNAVAILABLE, "the process is gone");
    }
}
