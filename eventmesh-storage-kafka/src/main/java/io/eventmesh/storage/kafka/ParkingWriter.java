package io.eventmesh.storage.kafka;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.thread.NamedThreads;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.producer.Callback;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Writes to the parking topic by a thread of its own, in the order in which it was asked: a producer that has lost its
 * brokers holds whoever sends.
 *
 * <p>Thread-safe; at most {@value #MAX_ON_THE_WAY} bytes are on their way.
 */
final class ParkingWriter implements AutoCloseable {
    private static final long MAX_ON_THE_WAY = 32L << 20;
    private static final int OVERHEAD = 128;
    private static final Duration MAX_BLOCK = Duration.ofMillis(500);
    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(1);

    private record Asked(ProducerRecord<byte[], byte[]> record, long size, long at, CompletableFuture<Long> answer) {}

    private final Surroundings with;
    private final AtomicLong onTheWay = new AtomicLong();
    private final LinkedBlockingQueue<Optional<Asked>> asked = new LinkedBlockingQueue<>();
    private @Nullable KafkaProducer<byte[], byte[]> producer;
    private @Nullable Thread thread;
    private volatile boolean closed;

    ParkingWriter(Surroundings with) {
        this.with = with;
    }

    /** @param largest record that is sent, in bytes */
    synchronized void start(long largest) {
        Map<String, Object> settings = with.clients().producer("parking");
        settings.put(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, (int) largest);
        settings.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, MAX_BLOCK.toMillis());
        KafkaProducer<byte[], byte[]> made = new KafkaProducer<>(settings);
        producer = made;
        thread = NamedThreads.named("mesh-kafka-parking-writer", () -> run(made));
        thread.start();
    }

    /** Completes with the record's offset. */
    CompletionStage<Long> write(ProducerRecord<byte[], byte[]> record) {
        byte[] value = record.value();
        long size = (long) OVERHEAD + record.key().length + (value == null ? 0 : value.length);
        if (closed) {
            return CompletableFuture.failedStage(Surroundings.unavailable());
        }
        if (onTheWay.addAndGet(size) > MAX_ON_THE_WAY) {
            onTheWay.addAndGet(-size);
            return CompletableFuture.failedStage(new EventMeshException(
                    ErrorCode.STORAGE_UNAVAILABLE,
                    "bytes on their way to the parking: more than %d (expected: fewer)".formatted(MAX_ON_THE_WAY)));
        }
        Asked one = new Asked(record, size, with.clock().nanoTime(), new CompletableFuture<>());
        asked.add(Optional.of(one));
        if (closed) {
            refuseAll();
        }
        return one.answer();
    }

    private void run(KafkaProducer<byte[], byte[]> sending) {
        try {
            while (!closed) {
                Optional<Asked> next = asked.take();
                if (next.isPresent()) {
                    send(sending, next.get());
                }
            }
        } catch (InterruptedException | InterruptException end) {
            Thread.currentThread().interrupt();
        } finally {
            refuseAll();
        }
    }

    /** As long as the producer knows no broker it is tried again, within the time that an append has. */
    private void send(KafkaProducer<byte[], byte[]> sending, Asked one) {
        while (!closed) {
            Attempt attempt = new Attempt(one);
            try {
                sending.send(one.record(), attempt);
            } catch (KafkaException | IllegalStateException refused) {
                answer(one, -1, refused);
                return;
            }
            TimeoutException unknown = attempt.unknown;
            if (unknown == null) {
                return;
            }
            long waited = with.clock().nanoTime() - one.at();
            if (waited > with.config().appendTimeout().toNanos()) {
                answer(one, -1, unknown);
                return;
            }
        }
        answer(one, -1, Surroundings.unavailable());
    }

    /** What comes of one call of the producer; a time-out within that call means that nothing was sent. */
    private final class Attempt implements Callback {
        private final Asked one;
        private final Thread caller = Thread.currentThread();
        private @Nullable TimeoutException unknown;

        private Attempt(Asked one) {
            this.one = one;
        }

        @Override
        public void onCompletion(RecordMetadata stored, @Nullable Exception failure) {
            if (failure instanceof TimeoutException held && Thread.currentThread() == caller) {
                unknown = held;
            } else if (failure == null) {
                answer(one, stored.offset(), null);
            } else {
                answer(one, -1, failure);
            }
        }
    }

    private void answer(Asked one, long offset, @Nullable Exception failure) {
        onTheWay.addAndGet(-one.size());
        if (failure == null) {
            one.answer().complete(offset);
        } else {
            one.answer().completeExceptionally(Clients.failure(failure));
        }
    }

    private void refuseAll() {
        for (Optional<Asked> each = asked.poll(); each != null; each = asked.poll()) {
            each.ifPresent(one -> answer(one, -1, Surroundings.unavailable()));
        }
    }

    @Override
    public synchronized void close() {
        closed = true;
        asked.add(Optional.empty());
        Thread own = thread;
        if (own != null) {
            try {
                own.join(CLOSE_TIMEOUT.toMillis());
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
            }
        }
        KafkaProducer<byte[], byte[]> open = producer;
        producer = null;
        if (open != null) {
            open.close(CLOSE_TIMEOUT);
        }
        refuseAll();
    }
}
