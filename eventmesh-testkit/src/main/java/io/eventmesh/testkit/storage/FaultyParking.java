package io.eventmesh.testkit.storage;

import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.spi.storage.EventRecord;
import io.eventmesh.spi.storage.Parking;
import io.eventmesh.spi.storage.Position;
import io.eventmesh.spi.storage.Storage;
import java.util.List;
import java.util.concurrent.CompletionStage;

/** The parking of a {@link FaultyStorage}. */
final class FaultyParking implements Parking {
    private final Storage behind;
    private final Faults faults;

    FaultyParking(Storage behind, Faults faults) {
        this.behind = behind;
        this.faults = faults;
    }

    @Override
    public CompletionStage<Void> park(SubscriptionName group, long epoch, Ticket ticket, EventRecord record) {
        return faults.call(Faults.Operation.PARK, () -> behind.parking().park(group, epoch, ticket, record));
    }

    @Override
    public CompletionStage<Void> repark(SubscriptionName group, long epoch, Ticket ticket) {
        return faults.call(Faults.Operation.REPARK, () -> behind.parking().repark(group, epoch, ticket));
    }

    @Override
    public CompletionStage<Void> remove(SubscriptionName group, long epoch, Position position) {
        return faults.call(Faults.Operation.REMOVE, () -> behind.parking().remove(group, epoch, position));
    }

    @Override
    public CompletionStage<List<Ticket>> tickets(SubscriptionName group) {
        return faults.call(Faults.Operation.TICKETS, () -> behind.parking().tickets(group));
    }

    @Override
    public CompletionStage<EventRecord> read(SubscriptionName group, Position position) {
        return faults.call(Faults.Operation.READ, () -> behind.parking().read(group, position));
    }
}
