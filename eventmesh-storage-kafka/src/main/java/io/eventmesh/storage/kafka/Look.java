package io.eventmesh.storage.kafka;

import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.spi.storage.EventRecord;
import io.eventmesh.spi.storage.Peek;
import io.eventmesh.spi.storage.Position;
import io.eventmesh.spi.storage.StoredRecord;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.jspecify.annotations.Nullable;

/** One look at records of a partition. See {@link io.eventmesh.spi.storage.Storage#peek}. */
record Look(StreamEntry stream, int index, long from, int maxRecords, long maxBytes) {
    private static final Duration TIMEOUT = Duration.ofSeconds(8);
    private static final Duration POLL = Duration.ofMillis(200);
    private static final int MAX_EMPTY_POLLS = 40;

    /**
     * Looks by a consumer that nobody else uses meanwhile. Blocks, some seconds at most.
     *
     * @throws org.apache.kafka.common.KafkaException when Kafka does not answer
     */
    Peek by(Consumer<byte[], byte[]> consumer) {
        TopicPartition partition = stream.topicPartition(index);
        consumer.assign(Set.of(partition));
        try {
            return by(consumer, partition);
        } catch (OffsetOutOfRangeException overtaken) {
            // retention went on between the question and the fetch
            return by(consumer, partition);
        } finally {
            consumer.unsubscribe();
        }
    }

    private Peek by(Consumer<byte[], byte[]> consumer, TopicPartition partition) {
        long first = consumer.beginningOffsets(Set.of(partition), TIMEOUT).getOrDefault(partition, 0L);
        long end =
                Math.max(first, consumer.endOffsets(Set.of(partition), TIMEOUT).getOrDefault(partition, 0L));
        List<StoredRecord> found = new ArrayList<>();
        long at = Math.min(Math.max(from, first), end);
        long bytes = 0;
        consumer.seek(partition, at);
        for (int empty = 0; at < end && found.size() < maxRecords; ) {
            List<ConsumerRecord<byte[], byte[]>> polled = consumer.poll(POLL).records(partition);
            if (polled.isEmpty()) {
                at = Math.max(at, Math.min(end, consumer.position(partition, TIMEOUT)));
                if (++empty > MAX_EMPTY_POLLS) {
                    throw new TimeoutException("nothing came of " + partition + " from offset " + at);
                }
            }
            for (ConsumerRecord<byte[], byte[]> each : polled) {
                if (each.offset() >= end || found.size() == maxRecords) {
                    break;
                }
                EventRecord record = read(each);
                if (record != null) {
                    bytes += record.size();
                    if (bytes > maxBytes && !found.isEmpty()) {
                        return new Peek(List.copyOf(found), first, at, end);
                    }
                    found.add(new StoredRecord(new Position(stream.partition(index), each.offset()), record));
                }
                at = each.offset() + 1;
            }
        }
        return new Peek(List.copyOf(found), first, at, end);
    }

    /** What is no event is left out, and counted by those who read for groups. */
    private @Nullable EventRecord read(ConsumerRecord<byte[], byte[]> record) {
        try {
            return RecordReader.read(stream.name().name(), record);
        } catch (IllegalArgumentException | EventMeshException noEvent) {
            return null;
        }
    }
}
