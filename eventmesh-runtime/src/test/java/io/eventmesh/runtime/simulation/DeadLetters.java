package io.eventmesh.runtime.simulation;

import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.StreamName;
import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.common.topic.TopicName;
import io.eventmesh.common.topic.TopicPattern;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.storage.DeliveryTerms;
import io.eventmesh.spi.storage.Gap;
import io.eventmesh.spi.storage.GroupReader;
import io.eventmesh.spi.storage.Progress;
import io.eventmesh.spi.storage.Start;
import io.eventmesh.spi.storage.Storage;
import io.eventmesh.spi.storage.StoredRecord;
import io.eventmesh.spi.storage.StreamPartition;
import io.eventmesh.testkit.checker.EventId;
import io.eventmesh.testkit.checker.Observation;
import io.eventmesh.testkit.checker.Place;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads the dead letters of one group at the storage itself, and tells the ledger. */
final class DeadLetters implements GroupReader.Listener {
    private final String group;
    private final Ledger ledger;
    private @Nullable GroupReader reader;
    private int read;

    private DeadLetters(String group, Ledger ledger) {
        this.group = group;
        this.ledger = ledger;
    }

    static DeadLetters of(Storage storage, String group, Ledger ledger) {
        String topic = "_dl/default/group/" + group;
        SubscriptionName own = new SubscriptionName("default", "undertaker-" + group, TopicPattern.of(topic));
        DeadLetters letters = new DeadLetters(group, ledger);
        StreamName stream = StreamName.of("default", TopicName.of(topic));
        storage.createGroup(own, Set.of(stream), DeliveryTerms.DEFAULT, Start.earliest())
                .toCompletableFuture()
                .join();
        letters.reader = storage.openReader(own, letters).toCompletableFuture().join();
        return letters;
    }

    int count() {
        return read;
    }

    @Override
    public void assigned(StreamPartition partition, long epoch, Progress progress) {
        if (reader != null) {
            reader.request(partition, 1L << 40);
        }
    }

    @Override
    public void records(StreamPartition partition, long epoch, List<StoredRecord> records) {
        for (StoredRecord stored : records) {
            Event event = stored.record().event();
            String position = String.valueOf(event.attribute("dlposition"));
            int mark = position.lastIndexOf('@');
            read++;
            ledger.add(new Observation.DeadLettered(
                    ledger.tick(),
                    group,
                    EventId.parse(event.id()).orElseThrow(),
                    new Place(position.substring(0, mark), Long.parseLong(position.substring(mark + 1)))));
        }
    }

    @Override
    public void revoked(StreamPartition partition, long epoch) {}

    @Override
    public void gap(Gap gap) {}

    @Override
    public void failed(EventMeshException cause) {
        throw cause;
    }
}
