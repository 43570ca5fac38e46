package io.eventmesh.storage.memory;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.spi.storage.EventRecord;
import io.eventmesh.spi.storage.Parking;
import io.eventmesh.spi.storage.Position;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;

/** Parking beside the streams in memory; its bytes count against the whole store's bound. Thread-safe. */
final class MemoryParking implements Parking {
    private final MemoryStorage storage;

    MemoryParking(MemoryStorage storage) {
        this.storage = storage;
    }

    @Override
    public CompletionStage<Void> park(SubscriptionName group, long epoch, Ticket ticket, EventRecord record) {
        return with(group, found -> {
            long size = ParkedEvents.sizeOf(ticket, record);
            if (!storage.reserve(size)) {
                throw storage.full("parked event", size);
            }
            if (!found.parked().put(epoch, ticket, record)) {
                throw MemoryStorage.noGroup(group);
            }
            return MemoryStorage.DONE;
        });
    }

    @Override
    public CompletionStage<Void> repark(SubscriptionName group, long epoch, Ticket ticket) {
        return with(group, found -> {
            if (!found.parked().replace(epoch, ticket)) {
                throw notParked(group, ticket.position());
            }
            return MemoryStorage.DONE;
        });
    }

    @Override
    public CompletionStage<Void> remove(SubscriptionName group, long epoch, Position position) {
        return with(group, found -> {
            found.parked().remove(epoch, position);
            return MemoryStorage.DONE;
        });
    }

    @Override
    public CompletionStage<List<Ticket>> tickets(SubscriptionName group) {
        return with(
                group, found -> CompletableFuture.completedStage(found.parked().tickets()));
    }

    @Override
    public CompletionStage<EventRecord> read(SubscriptionName group, Position position) {
        return with(group, found -> {
            EventRecord record = found.parked().record(position);
            if (record == null) {
                throw notParked(group, position);
            }
            return CompletableFuture.completedStage(record);
        });
    }

    private <T> CompletionStage<T> with(SubscriptionName group, Function<Group, CompletionStage<T>> step) {
        try {
            return step.apply(storage.requireGroup(group));
        } catch (EventMeshException refused) {
            return CompletableFuture.failedStage(refused);
        }
    }

    private static EventMeshException notParked(SubscriptionName group, Position position) {
        return new EventMeshException(
                ErrorCode.NOT_FOUND,
                "parked event: %s of %s (expected: one that is parked)".formatted(position, group));
    }
}
