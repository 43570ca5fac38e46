package io.eventmesh.runtime.simulation;

import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.StreamName;
import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.spi.storage.DeliveryTerms;
import io.eventmesh.spi.storage.EventRecord;
import io.eventmesh.spi.storage.Gap;
import io.eventmesh.spi.storage.GroupReader;
import io.eventmesh.spi.storage.Parking;
import io.eventmesh.spi.storage.Position;
import io.eventmesh.spi.storage.Progress;
import io.eventmesh.spi.storage.Start;
import io.eventmesh.spi.storage.Storage;
import io.eventmesh.spi.storage.StoredRecord;
import io.eventmesh.spi.storage.StreamPartition;
import io.eventmesh.spi.storage.StreamSettings;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * One mesh's way to the storage: notes what the mesh is told and asks, and is cut for good when its process dies, so that
 * a dead mesh neither does nor hears anything.
 */
final class ObservedStorage extends ForwardingStorage {
    /** Hears what passes. */
    interface Observer {
        /** A number that grows with each call. */
        long tick();

        void assigned(SubscriptionName group, StreamPartition partition, long epoch, String owner, Progress progress);

        void revoked(SubscriptionName group, StreamPartition partition, long epoch);

        /** @param at the tick of the asking */
        void committed(long at, SubscriptionName group, StreamPartition partition, long epoch, String owner);

        void gap(SubscriptionName group, Gap gap);

        void parking(SubscriptionName group, Position position);
    }

    private final Observer observer;
    private final BooleanSupplier alive;
    private final BooleanSupplier mayOpen;
    private final Executor hearing;

    /**
     * @param mayOpen whether its process may still begin to read: two that take from each other in turn are no storage's
     *     promise
     * @param hearing takes what the storage tells its readers
     */
    ObservedStorage(
            Storage behind, Observer observer, BooleanSupplier alive, BooleanSupplier mayOpen, Executor hearing) {
        super(behind);
        this.observer = observer;
        this.alive = alive;
        this.mayOpen = mayOpen;
        this.hearing = hearing;
    }

    private <T> CompletionStage<T> whileAlive(Supplier<CompletionStage<T>> call) {
        return alive.getAsBoolean() ? heard(call.get()) : new CompletableFuture<>();
    }

    private <T> CompletionStage<T> heard(CompletionStage<T> answer) {
        CompletableFuture<T> heard = new CompletableFuture<>();
        answer.whenComplete((value, failure) -> {
            if (alive.getAsBoolean()) {
                if (failure == null) {
                    heard.complete(value);
                } else {
                    heard.completeExceptionally(failure);
                }
            }
        });
        return heard;
    }

    @Override
    public CompletionStage<Void> createStream(StreamName stream, StreamSettings settings) {
        return whileAlive(() -> behind.createStream(stream, settings));
    }

    @Override
    public List<CompletionStage<Position>> append(StreamName stream, List<EventRecord> records, int spread) {
        if (!alive.getAsBoolean()) {
            return records.stream()
                    .map(record -> (CompletionStage<Position>) new CompletableFuture<Position>())
                    .toList();
        }
        return behind.append(stream, records, spread).stream().map(this::heard).toList();
    }

    @Override
    public CompletionStage<Void> createGroup(
            SubscriptionName group, Set<StreamName> streams, DeliveryTerms terms, Start start) {
        return whileAlive(() -> behind.createGroup(group, streams, terms, start));
    }

    @Override
    public CompletionStage<Void> createPassingGroup(
            SubscriptionName group, Set<StreamName> streams, DeliveryTerms terms) {
        return whileAlive(() -> behind.createPassingGroup(group, streams, terms));
    }

    @Override
    public CompletionStage<Void> deleteGroup(SubscriptionName group) {
        return whileAlive(() -> behind.deleteGroup(group));
    }

    @Override
    public CompletionStage<GroupReader> openReader(SubscriptionName group, GroupReader.Listener listener) {
        if (!mayOpen.getAsBoolean()) {
            return new CompletableFuture<>();
        }
        String owner = "reader-" + observer.tick();
        return whileAlive(() -> behind.openReader(group, new Ears(group, owner, listener))
                .thenApply(reader -> new Reader(group, owner, reader)));
    }

    @Override
    public Parking parking() {
        return new Kept(behind.parking());
    }

    private final class Ears extends ForwardingListener {
        private final SubscriptionName group;
        private final String owner;

        private Ears(SubscriptionName group, String owner, GroupReader.Listener behind) {
            super(behind);
            this.group = group;
            this.owner = owner;
        }

        @Override
        public void assigned(StreamPartition partition, long epoch, Progress progress) {
            observer.assigned(group, partition, epoch, owner, progress);
            hearing.execute(() -> super.assigned(partition, epoch, progress));
        }

        @Override
        public void revoked(StreamPartition partition, long epoch) {
            observer.revoked(group, partition, epoch);
            hearing.execute(() -> super.revoked(partition, epoch));
        }

        @Override
        public void records(StreamPartition partition, long epoch, List<StoredRecord> records) {
            hearing.execute(() -> super.records(partition, epoch, records));
        }

        @Override
        public void gap(Gap gap) {
            observer.gap(group, gap);
            hearing.execute(() -> super.gap(gap));
        }

        @Override
        public void failed(EventMeshException cause) {
            hearing.execute(() -> super.failed(cause));
        }
    }

    private final class Reader extends ForwardingReader {
        private final SubscriptionName group;
        private final String owner;

        private Reader(SubscriptionName group, String owner, GroupReader behind) {
            super(behind);
            this.group = group;
            this.owner = owner;
        }

        @Override
        public void request(StreamPartition partition, long bytes) {
            if (alive.getAsBoolean()) {
                super.request(partition, bytes);
            }
        }

        @Override
        public CompletionStage<Void> commit(StreamPartition partition, long epoch, Progress progress) {
            long at = observer.tick();
            return whileAlive(() -> behind.commit(partition, epoch, progress))
                    .thenRun(() -> observer.committed(at, group, partition, epoch, owner));
        }

        @Override
        public void close() {
            if (alive.getAsBoolean()) {
                super.close();
            }
        }
    }

    private final class Kept extends ForwardingParking {
        private Kept(Parking behind) {
            super(behind);
        }

        @Override
        public CompletionStage<Void> park(SubscriptionName group, long epoch, Ticket ticket, EventRecord record) {
            return whileAlive(() -> {
                observer.parking(group, ticket.position());
                return behind.park(group, epoch, ticket, record);
            });
        }

        @Override
        public CompletionStage<Void> repark(SubscriptionName group, long epoch, Ticket ticket) {
            return whileAlive(() -> behind.repark(group, epoch, ticket));
        }

        @Override
        public CompletionStage<Void> remove(SubscriptionName group, long epoch, Position position) {
            return whileAlive(() -> behind.remove(group, epoch, position));
        }

        @Override
        public CompletionStage<List<Ticket>> tickets(SubscriptionName group) {
            return whileAlive(() -> behind.tickets(group));
        }

        @Override
        public CompletionStage<EventRecord> read(SubscriptionName group, Position position) {
            return whileAlive(() -> behind.read(group, position));
        }
    }
}
