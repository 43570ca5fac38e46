package io.eventmesh.testkit.storage;

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
import io.eventmesh.spi.storage.Progress;
import io.eventmesh.spi.storage.Start;
import io.eventmesh.spi.storage.Storage;
import io.eventmesh.spi.storage.StreamInfo;
import io.eventmesh.spi.storage.StreamPartition;
import io.eventmesh.spi.storage.StreamSettings;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;

/**
 * A storage that does as the one behind it, except where {@link #faults} says otherwise: the n-th call of an operation
 * fails instead of taking place, or is answered later.
 *
 * <p>Thread-safe.
 */
public final class FaultyStorage implements Storage {
    private final Storage behind;
    private final Faults faults = new Faults();
    private final Parking parking;

    public FaultyStorage(Storage behind) {
        this.behind = behind;
        this.parking = new FaultyParking(behind, faults);
    }

    /** Which calls fail or wait. */
    public Faults faults() {
        return faults;
    }

    @Override
    public String name() {
        return behind.name();
    }

    @Override
    public void start() {
        behind.start();
    }

    @Override
    public Health health() {
        return behind.health();
    }

    @Override
    public void close() {
        behind.close();
    }

    @Override
    public Durability durability() {
        return behind.durability();
    }

    @Override
    public Set<Capability> capabilities() {
        return behind.capabilities();
    }

    @Override
    public CompletionStage<Void> createStream(StreamName stream, StreamSettings settings) {
        return faults.call(Faults.Operation.CREATE_STREAM, () -> behind.createStream(stream, settings));
    }

    @Override
    public Optional<StreamInfo> stream(StreamName stream) {
        return behind.stream(stream);
    }

    @Override
    public List<StreamInfo> streams() {
        return behind.streams();
    }

    @Override
    public CompletionStage<Void> deleteStream(StreamName stream) {
        return faults.call(Faults.Operation.DELETE_STREAM, () -> behind.deleteStream(stream));
    }

    /** Each record is a call of its own; to fail one keeps it out, to delay one stores it and answers later. */
    @Override
    public List<CompletionStage<Position>> append(StreamName stream, List<EventRecord> records, int spread) {
        return records.stream()
                .map(record -> faults.call(
                        Faults.Operation.APPEND,
                        () -> behind.append(stream, List.of(record), spread).get(0)))
                .toList();
    }

    @Override
    public CompletionStage<Void> createGroup(
            SubscriptionName group, Set<StreamName> streams, DeliveryTerms terms, Start start) {
        return faults.call(Faults.Operation.CREATE_GROUP, () -> behind.createGroup(group, streams, terms, start));
    }

    @Override
    public CompletionStage<Void> createPassingGroup(
            SubscriptionName group, Set<StreamName> streams, DeliveryTerms terms) {
        return faults.call(Faults.Operation.CREATE_GROUP, () -> behind.createPassingGroup(group, streams, terms));
    }

    @Override
    public CompletionStage<Void> alterGroup(SubscriptionName group, DeliveryTerms terms) {
        return faults.call(Faults.Operation.ALTER_GROUP, () -> behind.alterGroup(group, terms));
    }

    @Override
    public CompletionStage<Long> purgeStream(StreamName stream) {
        return faults.call(Faults.Operation.PURGE_STREAM, () -> behind.purgeStream(stream));
    }

    @Override
    public CompletionStage<Peek> peek(StreamPartition partition, long from, int maxRecords, long maxBytes) {
        return faults.call(Faults.Operation.PEEK, () -> behind.peek(partition, from, maxRecords, maxBytes));
    }

    @Override
    public CompletionStage<Void> pauseGroup(SubscriptionName group, boolean paused) {
        return faults.call(Faults.Operation.PAUSE_GROUP, () -> behind.pauseGroup(group, paused));
    }

    @Override
    public Optional<GroupInfo> group(SubscriptionName group) {
        return behind.group(group);
    }

    @Override
    public List<GroupInfo> groups() {
        return behind.groups();
    }

    @Override
    public CompletionStage<Void> moveGroup(SubscriptionName group, Start start) {
        return faults.call(Faults.Operation.MOVE_GROUP, () -> behind.moveGroup(group, start));
    }

    @Override
    public CompletionStage<Void> deleteGroup(SubscriptionName group) {
        return faults.call(Faults.Operation.DELETE_GROUP, () -> behind.deleteGroup(group));
    }

    @Override
    public CompletionStage<GroupReader> openReader(SubscriptionName group, GroupReader.Listener listener) {
        return faults.call(
                Faults.Operation.OPEN_READER,
                () -> behind.openReader(group, listener).thenApply(reader -> new FaultyReader(reader, listener)));
    }

    @Override
    public Parking parking() {
        return parking;
    }

    /** Commits may fail; and the n-th request may break the reader. */
    private final class FaultyReader implements GroupReader {
        private final GroupReader reader;
        private final Listener listener;

        private FaultyReader(GroupReader reader, Listener listener) {
            this.reader = reader;
            this.listener = listener;
        }

        @Override
        public void request(StreamPartition partition, long bytes) {
            EventMeshException failure = faults.failure(Faults.Operation.REQUEST);
            if (failure == null) {
                reader.request(partition, bytes);
            } else {
                reader.close();
                listener.failed(failure);
            }
        }

        @Override
        public CompletionStage<Void> commit(StreamPartition partition, long epoch, Progress progress) {
            return faults.call(Faults.Operation.COMMIT, () -> reader.commit(partition, epoch, progress));
        }

        @Override
        public void close() {
            reader.close();
        }
    }
}
