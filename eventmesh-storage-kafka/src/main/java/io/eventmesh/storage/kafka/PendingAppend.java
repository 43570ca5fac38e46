package io.eventmesh.storage.kafka;

import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.spi.storage.Position;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.clients.producer.Callback;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * A record on its way to the brokers, and the answer to whoever appended it.
 *
 * <p>Completed by the producer's thread, or by the thread that sends when the producer does not take the record at all.
 */
final class PendingAppend extends CompletableFuture<Position> implements Callback {
    /** What the producer did with the record. */
    enum Sent {
        /** It took it, and calls back; or it refused it, and the answer is given. */
        DONE,
        /** It does not know the topic's partitions yet. */
        TOPIC_UNKNOWN
    }

    private final StreamAppends stream;
    private final ProducerRecord<byte[], byte[]> record;
    private final int size;
    private final long since;
    /** Who is in {@code send} now: the producer calls back on this thread what it does not take. */
    private volatile @Nullable Thread sender;

    private @Nullable Exception refusal;

    /** The others on their way, guarded by the stream. */
    @Nullable
    PendingAppend before;

    @Nullable
    PendingAppend after;

    /** @param since monotonic time of the append */
    PendingAppend(StreamAppends stream, ProducerRecord<byte[], byte[]> record, int size, long since) {
        this.stream = stream;
        this.record = record;
        this.size = size;
        this.since = since;
    }

    int size() {
        return size;
    }

    long since() {
        return since;
    }

    /** Hands the record to the producer, which never waits. */
    Sent send(Producer<byte[], byte[]> producer) {
        Exception refused;
        sender = Thread.currentThread();
        try {
            producer.send(record, this);
            refused = refusal;
        } catch (KafkaException | IllegalStateException closed) {
            refused = closed;
        } finally {
            sender = null;
        }
        if (refused == null) {
            return Sent.DONE;
        }
        refusal = null;
        if (refused instanceof TimeoutException && !StreamAppends.isFull(refused)) {
            return Sent.TOPIC_UNKNOWN;
        }
        fail(stream.failure(refused));
        return Sent.DONE;
    }

    @Override
    public void onCompletion(@Nullable RecordMetadata metadata, @Nullable Exception failure) {
        if (failure == null && metadata != null) {
            stream.stored(this, metadata.partition(), metadata.offset());
            complete(stream.position(metadata.partition(), metadata.offset()));
        } else if (failure != null && sender == Thread.currentThread()) {
            refusal = failure;
        } else if (failure != null) {
            fail(stream.failure(failure));
        }
    }

    void fail(EventMeshException why) {
        stream.leave(this);
        completeExceptionally(why);
    }
}
