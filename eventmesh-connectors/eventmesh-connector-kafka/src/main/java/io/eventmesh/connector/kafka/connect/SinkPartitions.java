package io.eventmesh.connector.kafka.connect;

import io.eventmesh.spi.connector.SinkRecord;
import io.eventmesh.spi.connector.TaskContext;
import io.eventmesh.spi.storage.Position;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.metrics.PluginMetrics;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.sink.ErrantRecordReporter;
import org.apache.kafka.connect.sink.SinkTaskContext;
import org.jspecify.annotations.Nullable;

/**
 * What a sink connector has been given and has not made safe, by partition and offset, and what it asks of its host
 * meanwhile.
 *
 * <p>The host's side is used by one thread at a time; the connector may ask from any thread.
 */
final class SinkPartitions {
    /** A record with its place. */
    record Put(TopicPartition partition, long offset, SinkRecord record) {}

    private static final long RESUME_MILLIS = 100;

    private final TaskContext context;
    private final Map<TopicPartition, NavigableMap<Long, SinkRecord>> unsafe = new ConcurrentHashMap<>();
    private final Map<TopicPartition, Long> highest = new ConcurrentHashMap<>();
    private final Map<TopicPartition, Long> startAt = new ConcurrentHashMap<>();
    private final Set<TopicPartition> assigned = ConcurrentHashMap.newKeySet();
    private final Set<TopicPartition> paused = ConcurrentHashMap.newKeySet();
    private final Semaphore resumed = new Semaphore(0);
    /** What is put just now, so that the connector can name one of them errant from within put. */
    private volatile List<Put> current = List.of();

    private volatile boolean commitRequested;
    private List<SinkRecord> passedOver = new ArrayList<>();

    SinkPartitions(TaskContext context) {
        this.context = context;
    }

    /** Where a record stands. Records of tests have no position; they get the next offset. */
    Put place(SinkRecord record, int index) {
        Position position = record.position();
        int partition = position == null ? 0 : position.partition().index();
        TopicPartition place = new TopicPartition(record.topic().toString().replace('/', '.'), partition);
        long offset = position == null ? highest.getOrDefault(place, -1L) + 1 + index : position.offset();
        return new Put(place, offset, record);
    }

    /** The partitions among them that the connector does not know yet; it does from now on. */
    List<TopicPartition> opening(List<Put> puts) {
        return puts.stream()
                .map(Put::partition)
                .distinct()
                .filter(assigned::add)
                .toList();
    }

    Set<TopicPartition> assignment() {
        return Set.copyOf(assigned);
    }

    /** Whether the connector has said that it has the record already. */
    boolean isKnown(Put put) {
        return put.offset() < startAt.getOrDefault(put.partition(), Long.MIN_VALUE);
    }

    /** These are put now. */
    void putting(List<Put> puts) {
        current = puts;
    }

    /**
     * These were put.
     *
     * @param without those that the connector was not given, because they were filtered out or it has them
     */
    void put(List<Put> puts, Set<Put> without) {
        for (Put put : puts) {
            highest.merge(put.partition(), put.offset(), Math::max);
            if (without.contains(put)) {
                passedOver.add(put.record());
            } else {
                unsafe.computeIfAbsent(put.partition(), missing -> new ConcurrentSkipListMap<>())
                        .put(put.offset(), put.record());
            }
        }
        current = List.of();
    }

    boolean isCommitRequested() {
        return commitRequested;
    }

    /** For each partition the offset behind what was put. */
    Map<TopicPartition, OffsetAndMetadata> offsets() {
        commitRequested = false;
        Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
        highest.forEach((partition, offset) -> offsets.put(partition, new OffsetAndMetadata(offset + 1)));
        return offsets;
    }

    /** Takes what the connector was not given. */
    List<SinkRecord> takePassedOver() {
        List<SinkRecord> taken = passedOver;
        passedOver = new ArrayList<>();
        return taken;
    }

    /** Takes what lies before the offsets. */
    List<SinkRecord> takeSafe(Map<TopicPartition, OffsetAndMetadata> answered) {
        List<SinkRecord> safe = new ArrayList<>();
        answered.forEach((partition, offset) -> {
            NavigableMap<Long, SinkRecord> owed = unsafe.get(partition);
            if (owed != null && offset != null) {
                Map<Long, SinkRecord> done = owed.headMap(offset.offset(), false);
                safe.addAll(done.values());
                done.clear();
            }
        });
        return safe;
    }

    boolean isPaused(List<Put> puts) {
        return !paused.isEmpty() && puts.stream().anyMatch(put -> paused.contains(put.partition()));
    }

    /** Waits a little for the connector to resume. */
    void awaitResumed() throws InterruptedException {
        if (resumed.tryAcquire(RESUME_MILLIS, TimeUnit.MILLISECONDS)) {
            resumed.drainPermits();
        }
    }

    SinkTaskContext context(Map<String, String> settings) {
        return new Context(settings);
    }

    private @Nullable SinkRecord find(org.apache.kafka.connect.sink.SinkRecord record) {
        TopicPartition partition = new TopicPartition(record.originalTopic(), record.originalKafkaPartition());
        long offset = record.originalKafkaOffset();
        for (Put put : current) {
            if (put.offset() == offset && put.partition().equals(partition)) {
                return put.record();
            }
        }
        NavigableMap<Long, SinkRecord> owed = unsafe.get(partition);
        return owed == null ? null : owed.get(offset);
    }

    private final class Context implements SinkTaskContext {
        private final Map<String, String> settings;

        Context(Map<String, String> settings) {
            this.settings = settings;
        }

        @Override
        public Map<String, String> configs() {
            return settings;
        }

        @Override
        public void offset(Map<TopicPartition, Long> offsets) {
            offsets.forEach(this::offset);
        }

        /** Forward only: what the connector has had comes again when the task restarts, not by going back. */
        @Override
        public void offset(TopicPartition partition, long offset) {
            Long put = highest.get(partition);
            if (put != null && offset <= put) {
                throw new ConnectException("offset of %s: %d (expected: > %d, what was put cannot be put again)"
                        .formatted(partition, offset, put));
            }
            startAt.put(partition, offset);
        }

        /** The runtime has a back-off of its own. */
        @Override
        public void timeout(long millis) {}

        @Override
        public Set<TopicPartition> assignment() {
            return SinkPartitions.this.assignment();
        }

        @Override
        public void pause(TopicPartition... partitions) {
            paused.addAll(Arrays.asList(partitions));
        }

        @Override
        public void resume(TopicPartition... partitions) {
            Arrays.asList(partitions).forEach(paused::remove);
            resumed.release();
        }

        @Override
        public void requestCommit() {
            commitRequested = true;
        }

        @Override
        public ErrantRecordReporter errantRecordReporter() {
            return (record, why) -> {
                SinkRecord found = find(record);
                if (found == null) {
                    return CompletableFuture.failedFuture(new ConnectException(
                            "record %s-%d@%d is safe already (expected: one that was put and is not)"
                                    .formatted(
                                            record.originalTopic(),
                                            record.originalKafkaPartition(),
                                            record.originalKafkaOffset())));
                }
                context.reject(found, why);
                return CompletableFuture.completedFuture(null);
            };
        }

        @Override
        @SuppressWarnings("NullAway") // no metrics; measured: connectors live with that
        public PluginMetrics pluginMetrics() {
            return null;
        }
    }
}
