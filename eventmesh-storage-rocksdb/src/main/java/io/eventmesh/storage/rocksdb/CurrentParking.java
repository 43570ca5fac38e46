package io.eventmesh.storage.rocksdb;

import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.spi.storage.EventRecord;
import io.eventmesh.spi.storage.Parking;
import io.eventmesh.spi.storage.Position;
import java.util.List;
import java.util.concurrent.CompletionStage;

/** The parking of whichever data the storage has open. */
record CurrentParking(RocksStorage storage) implements Parking {
    @Override
    public CompletionStage<Void> park(SubscriptionName group, long epoch, Ticket ticket, EventRecord record) {
        return storage.with(open -> open.parkedEvents().park(group, epoch, ticket, record));
    }

    @Override
    public CompletionStage<Void> repark(SubscriptionName group, long epoch, Ticket ticket) {
        return storage.with(open -> open.parkedEvents().repark(group, epoch, ticket));
    }

    @Override
    public CompletionStage<Void> remove(SubscriptionName group, long epoch, Position position) {
        return storage.with(open -> open.parkedEvents().remove(group, epoch, position));
    }

    @Override
    public CompletionStage<List<Ticket>> tickets(SubscriptionName group) {
        return storage.with(open -> open.parkedEvents().tickets(group));
    }

    @Override
    public CompletionStage<EventRecord> read(SubscriptionName group, Position position) {
        return storage.with(open -> open.parkedEvents().read(group, position));
    }
}
