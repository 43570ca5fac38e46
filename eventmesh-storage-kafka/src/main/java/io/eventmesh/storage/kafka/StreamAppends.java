package io.eventmesh.storage.kafka;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.spi.storage.EventRecord;
import io.eventmesh.spi.storage.Partitioner;
import io.eventmesh.spi.storage.Position;
import io.eventmesh.spi.storage.StreamPartition;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.kafka.clients.producer.BufferExhaustedException;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.jspecify.annotations.Nullable;

/**
 * The appends to one stream.
 *
 * <p>A record is handed to the producer by the thread that appends it. While the producer does not know the topic's
 * partitions, records wait here in their order and the {@link Feeder} hands them over; a record that comes meanwhile waits
 * behind them.
 *
 * <p>Thread-safe.
 */
final class StreamAppends {
    private final StreamEntry entry;
    private final RecordFormat format;
    private final KafkaStorageConfig config;
    private final Producer<byte[], byte[]> producer;
    private final Feeder feeder;
    private final StreamTail tail;
    private final MeshClock clock;
    private final StreamPartition[] partitions;

    /** Not yet handed over, in their order. Guarded by this. */
    private final Queue<PendingAppend> waiting = new ArrayDeque<>();
    /** Whether nothing waits. Written under this. */
    private volatile boolean direct = true;
    /** The newest of all on their way. Guarded by this. */
    private @Nullable PendingAppend newest;

    private boolean gone;

    StreamAppends(
            KafkaStorageConfig config,
            Producer<byte[], byte[]> producer,
            Feeder feeder,
            StreamTail tail,
            MeshClock clock) {
        this.entry = tail.entry();
        this.format = config.formatOf(entry.name().name());
        this.config = config;
        this.producer = producer;
        this.feeder = feeder;
        this.tail = tail;
        this.clock = clock;
        this.partitions = new StreamPartition[entry.partitions()];
        for (int index = 0; index < partitions.length; index++) {
            partitions[index] = entry.partition(index);
        }
    }

    StreamEntry entry() {
        return entry;
    }

    List<CompletionStage<Position>> append(List<EventRecord> records, int spread) {
        List<CompletionStage<Position>> answers = new ArrayList<>(records.size());
        for (EventRecord record : records) {
            answers.add(append(record, spread));
        }
        return answers;
    }

    private CompletionStage<Position> append(EventRecord record, int spread) {
        int size = record.size();
        if (size > config.maxRecordSize().bytes()) {
            return CompletableFuture.failedStage(tooLarge(size));
        }
        if (tail.isLost()) {
            return CompletableFuture.failedStage(LostTopics.lost(entry));
        }
        String key = record.key();
        int partition =
                key == null ? Math.floorMod(spread, partitions.length) : Partitioner.partition(key, partitions.length);
        ProducerRecord<byte[], byte[]> made = RecordForm.write(entry, partition, record, format);
        PendingAppend append = new PendingAppend(this, made, size, clock.nanoTime());
        if (!enter(append)) {
            return CompletableFuture.failedStage(noStream());
        }
        if (!direct || append.send(producer) == PendingAppend.Sent.TOPIC_UNKNOWN) {
            await(append);
        }
        return append;
    }

    private void await(PendingAppend append) {
        if (!feeder.reserve(append.size())) {
            append.fail(overloaded());
            return;
        }
        synchronized (this) {
            waiting.add(append);
            direct = false;
        }
        feeder.wake(this);
    }

    /** Asks the producer to get to know the topic, so that the first append need not wait for it. */
    void prepare() {
        try {
            producer.partitionsFor(entry.topic());
        } catch (org.apache.kafka.common.KafkaException | IllegalStateException notYet) {
            // asked for, which is all that was wanted
        }
    }

    /** Hands over what waits; false if the producer still does not know the topic. Called by the feeder alone. */
    boolean feed() {
        while (true) {
            PendingAppend next;
            synchronized (this) {
                next = waiting.peek();
                if (next == null) {
                    direct = true;
                    return true;
                }
            }
            if (!next.isDone()) {
                if (clock.nanoTime() - next.since() > config.appendTimeout().toNanos()) {
                    next.fail(new EventMeshException(
                            ErrorCode.STORAGE_UNAVAILABLE,
                            "kafka: partitions of topic %s: not known after %s (expected: known)"
                                    .formatted(entry.topic(), config.appendTimeout())));
                } else if (next.send(producer) == PendingAppend.Sent.TOPIC_UNKNOWN) {
                    return false;
                }
            }
            synchronized (this) {
                waiting.poll();
            }
            feeder.release(next.size());
        }
    }

    /** The stream was deleted: nobody waits any longer. */
    void end(EventMeshException why) {
        synchronized (this) {
            gone = true;
        }
        refuse(why);
    }

    /** Nobody waits any longer for what is on its way now. */
    void refuse(EventMeshException why) {
        List<PendingAppend> open = new ArrayList<>();
        synchronized (this) {
            for (PendingAppend each = newest; each != null; each = each.before) {
                open.add(each);
            }
        }
        open.forEach(append -> append.fail(why));
    }

    void ended() {
        end(noStream());
    }

    private synchronized boolean enter(PendingAppend append) {
        if (gone) {
            return false;
        }
        append.before = newest;
        if (newest != null) {
            newest.after = append;
        }
        newest = append;
        return true;
    }

    synchronized void leave(PendingAppend append) {
        PendingAppend before = append.before;
        PendingAppend after = append.after;
        if (before != null) {
            before.after = after;
        }
        if (after != null) {
            after.before = before;
        } else if (newest == append) {
            newest = before;
        }
        append.before = null;
        append.after = null;
    }

    void stored(PendingAppend append, int partition, long offset) {
        leave(append);
        tail.appended(partition, offset, append.size());
    }

    Position position(int partition, long offset) {
        return new Position(partitions[partition], offset);
    }

    EventMeshException failure(Throwable cause) {
        return isFull(cause) ? overloaded() : Clients.failure(cause);
    }

    static boolean isFull(Throwable cause) {
        return cause instanceof BufferExhaustedException;
    }

    private EventMeshException overloaded() {
        return new EventMeshException(
                ErrorCode.OVERLOADED,
                "appends on their way to Kafka: more than %s (expected: within storage.kafka.append-buffer)"
                        .formatted(config.appendBuffer()));
    }

    private EventMeshException tooLarge(int size) {
        return new EventMeshException(
                ErrorCode.EVENT_TOO_LARGE,
                "record size: %s (expected: <= %s)"
                        .formatted(size, config.maxRecordSize().bytes()));
    }

    private EventMeshException noStream() {
        return KafkaStorage.noStream(entry.name());
    }
}
