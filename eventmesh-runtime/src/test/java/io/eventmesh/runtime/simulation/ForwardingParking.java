package io.eventmesh.runtime.simulation;

import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.spi.storage.EventRecord;
import io.eventmesh.spi.storage.Parking;
import io.eventmesh.spi.storage.Position;
import java.util.List;
import java.util.concurrent.CompletionStage;

/** Does as the parking behind it; made to be extended by what does one thing otherwise. */
class ForwardingParking implements Parking {
    final Parking behind;

    ForwardingParking(Parking behind) {
        this.behind = behind;
    }

    @Override
    public CompletionStage<Void> park(SubscriptionName group, long epoch, Ticket ticket, EventRecord record) {
        return behind.park(group, epoch, ticket, record);
    }

    @Override
    public CompletionStage<Void> repark(SubscriptionName group, long epoch, Ticket ticket) {
        return behind.repark(group, epoch, ticket);
    }

    @Override
    public CompletionStage<Void> remove(SubscriptionName group, long epoch, Position position) {
        return behind.remove(group, epoch, position);
    }

    @Override
    public CompletionStage<List<Ticket>> tickets(SubscriptionName group) {
        return behind.tickets(group);
    }

    @Override
    public CompletionStage<EventRecord> read(SubscriptionName group, Position position) {
        return behind.read(group, position);
    }
}
