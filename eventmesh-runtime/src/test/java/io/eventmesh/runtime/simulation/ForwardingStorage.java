package io.eventmesh.runtime.simulation;

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
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;

/** Does as the storage behind it; made to be extended by what does one thing otherwise. */
class ForwardingStorage implements Storage {
    final Storage behind;

    ForwardingStorage(Storage behind) {
        this.behind = behind;
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
        return behind.createStream(stream, settings);
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
        return behind.deleteStream(stream);
    }

    @Override
    public List<CompletionStage<Position>> append(StreamName stream, List<EventRecord> records, int spread) {
        return behind.append(stream, records, spread);
    }

    @Override
    public CompletionStage<Void> createGroup(
            SubscriptionName group, Set<StreamName> streams, DeliveryTerms terms, Start start) {
        return behind.createGroup(group, streams, terms, start);
    }

    @Override
    public CompletionStage<Void> createPassingGroup(
            SubscriptionName group, Set<StreamName> streams, DeliveryTerms terms) {
        return behind.createPassingGroup(group, streams, terms);
    }

    @Override
    public CompletionStage<Void> alterGroup(SubscriptionName group, DeliveryTerms terms) {
        return behind.alterGroup(group, terms);
    }

    @Override
    public CompletionStage<Long> purgeStream(StreamName stream) {
        return behind.purgeStream(stream);
    }

    @Override
    public CompletionStage<Peek> peek(StreamPartition partition, long from, int maxRecords, long maxBytes) {
        return behind.peek(partition, from, maxRecords, maxBytes);
    }

    @Override
    public CompletionStage<Void> pauseGroup(SubscriptionName group, boolean paused) {
        return behind.pauseGroup(group, paused);
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
        return behind.moveGroup(group, start);
    }

    @Override
    public CompletionStage<Void> deleteGroup(SubscriptionName group) {
        return behind.deleteGroup(group);
    }

    @Override
    public CompletionStage<GroupReader> openReader(SubscriptionName group, GroupReader.Listener listener) {
        return behind.openReader(group, listener);
    }

    @Override
    public Parking parking() {
        return behind.parking();
    }
}
