package io.eventmesh.storage.kafka;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.thread.NamedThreads;
import io.eventmesh.spi.storage.Peek;
import io.eventmesh.spi.storage.StreamPartition;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InterruptException;
import org.jspecify.annotations.Nullable;

/**
 * Shows records of partitions to people, one look after another, by a consumer and a thread, {@code mesh-kafka-peek}, that
 * are there from the first look on.
 *
 * <p>Thread-safe.
 */
final class Peeks implements AutoCloseable {
    private static final int MAX_QUEUED = 64;
    private static final Duration CLOSE_TIMEOUT = Duration.ofMillis(500);

    private record Asked(Look look, CompletableFuture<Peek> answer) {}

    private final Clients clients;
    private final Streams streams;
    private final BlockingQueue<Asked> asked = new ArrayBlockingQueue<>(MAX_QUEUED);
    /** Guarded by this. */
    private @Nullable Thread thread;

    private volatile boolean closed;

    Peeks(Clients clients, Streams streams) {
        this.clients = clients;
        this.streams = streams;
    }

    CompletionStage<Peek> look(StreamPartition partition, long from, int maxRecords, long maxBytes) {
        StreamEntry stream =
                streams.tail(partition.stream()).map(StreamTail::entry).orElse(null);
        if (stream == null || partition.index() < 0 || partition.index() >= stream.partitions()) {
            return CompletableFuture.failedStage(KafkaStorage.noStream(partition.stream()));
        }
        if (streams.isLost(stream.name())) {
            return CompletableFuture.failedStage(LostTopics.lost(stream));
        }
        Look look = new Look(stream, partition.index(), from, maxRecords, maxBytes);
        Asked next = new Asked(look, new CompletableFuture<>());
        synchronized (this) {
            if (closed) {
                return CompletableFuture.failedStage(Catalog.closed());
            }
            if (!asked.offer(next)) {
                return CompletableFuture.failedStage(new EventMeshException(
                        ErrorCode.OVERLOADED, "looks: %s waiting (expected: fewer)".formatted(MAX_QUEUED)));
            }
            if (thread == null) {
                thread = NamedThreads.named("mesh-kafka-peek", this::run);
                thread.start();
            }
        }
        return next.answer();
    }

    @Override
    public void close() {
        Thread running;
        synchronized (this) {
            closed = true;
            running = thread;
        }
        if (running != null) {
            running.interrupt();
            try {
                running.join(CLOSE_TIMEOUT.toMillis() * 2);
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
            }
        }
        for (Asked left = asked.poll(); left != null; left = asked.poll()) {
            left.answer().completeExceptionally(Catalog.closed());
        }
    }

    private void run() {
        Map<String, Object> settings = clients.consumer("peek");
        // a look is short: whoever waits is a person
        settings.put(ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG, 50);
        Consumer<byte[], byte[]> consumer = null;
        while (!closed) {
            Asked next;
            try {
                next = asked.poll(1, TimeUnit.MINUTES);
            } catch (InterruptedException interrupted) {
                break;
            }
            if (next == null) {
                continue;
            }
            try {
                consumer = consumer == null ? new KafkaConsumer<>(settings) : consumer;
                next.answer().complete(next.look().by(consumer));
            } catch (InterruptException closing) {
                next.answer().completeExceptionally(Catalog.closed());
                break;
            } catch (KafkaException failure) {
                next.answer().completeExceptionally(Clients.failure(failure));
            } catch (RuntimeException defect) {
                next.answer().completeExceptionally(EventMeshException.of(defect));
            }
        }
        if (consumer != null) {
            // an interrupted thread would not let the consumer leave in peace
            Thread.interrupted();
            consumer.close(CloseOptions.timeout(CLOSE_TIMEOUT));
        }
    }
}
