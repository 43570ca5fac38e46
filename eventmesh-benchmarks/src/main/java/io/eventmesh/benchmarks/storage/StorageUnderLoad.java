package io.eventmesh.benchmarks.storage;

import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.StreamName;
import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.common.topic.TopicName;
import io.eventmesh.common.topic.TopicPattern;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.storage.DeliveryTerms;
import io.eventmesh.spi.storage.EventRecord;
import io.eventmesh.spi.storage.Gap;
import io.eventmesh.spi.storage.GroupReader;
import io.eventmesh.spi.storage.Progress;
import io.eventmesh.spi.storage.Start;
import io.eventmesh.spi.storage.Storage;
import io.eventmesh.spi.storage.StoredRecord;
import io.eventmesh.spi.storage.StreamPartition;
import io.eventmesh.spi.storage.StreamSettings;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** A storage with one stream of four partitions and one group that reads along and commits as the engine does. */
final class StorageUnderLoad implements AutoCloseable {
    private static final StreamName STREAM = new StreamName("default", "bench");
    private static final TopicName TOPIC = TopicName.of("bench");
    private static final int PARTITIONS = 4;
    private static final int COMMIT_EVERY = 512;

    private final Storage storage;
    private final AtomicLong delivered = new AtomicLong();

    StorageUnderLoad(Storage storage) throws Exception {
        this.storage = storage;
        storage.start();
        done(storage.createStream(STREAM, new StreamSettings(PARTITIONS)));
        SubscriptionName group = new SubscriptionName("default", "bench", TopicPattern.of("bench"));
        done(storage.createGroup(group, Set.of(STREAM), DeliveryTerms.DEFAULT, Start.latest()));
        Reading reading = new Reading(delivered);
        GroupReader reader =
                storage.openReader(group, reading).toCompletableFuture().get(10, TimeUnit.SECONDS);
        reading.begin(reader);
    }

    void append(long number, byte[] bytes, Runnable stored) {
        EventRecord record = new EventRecord(TOPIC, null, 0, 0, null, null, null, 0, Event.scan(bytes));
        storage.append(STREAM, List.of(record), (int) number).get(0).whenComplete((position, failure) -> {
            if (failure != null) {
                throw new IllegalStateException("not stored", failure);
            }
            stored.run();
        });
    }

    long delivered() {
        return delivered.get();
    }

    @Override
    public void close() {
        storage.close();
    }

    private static void done(CompletionStage<?> stage) throws Exception {
        try {
            stage.toCompletableFuture().get(10, TimeUnit.SECONDS);
        } catch (TimeoutException late) {
            throw new IllegalStateException("no answer in 10 s", late);
        }
    }

    private static final class Reading implements GroupReader.Listener {
        private final AtomicLong delivered;
        private final Map<StreamPartition, Long> uncommitted = new HashMap<>();
        private volatile @Nullable GroupReader reader;

        Reading(AtomicLong delivered) {
            this.delivered = delivered;
        }

        void begin(GroupReader opened) {
            reader = opened;
            for (int index = 0; index < PARTITIONS; index++) {
                opened.request(new StreamPartition(STREAM, index), Long.MAX_VALUE);
            }
        }

        @Override
        public void records(StreamPartition partition, long epoch, List<StoredRecord> records) {
            delivered.addAndGet(records.size());
            long open = uncommitted.merge(partition, (long) records.size(), Long::sum);
            GroupReader from = reader;
            if (open >= COMMIT_EVERY && from != null) {
                uncommitted.put(partition, 0L);
                from.commit(
                        partition,
                        epoch,
                        Progress.at(records.get(records.size() - 1).position().offset() + 1));
            }
        }

        @Override
        public void assigned(StreamPartition partition, long epoch, Progress progress) {}

        @Override
        public void revoked(StreamPartition partition, long epoch) {}

        @Override
        public void gap(Gap gap) {
            throw new IllegalStateException("missed: " + gap);
        }

        @Override
        public void failed(EventMeshException cause) {
            throw new IllegalStateException("reader failed", cause);
        }
    }
}
