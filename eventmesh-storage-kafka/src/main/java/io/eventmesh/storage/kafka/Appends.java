package io.eventmesh.storage.kafka;

import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.common.topic.StreamName;
import io.eventmesh.spi.storage.EventRecord;
import io.eventmesh.spi.storage.Position;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.jspecify.annotations.Nullable;

/**
 * Appends records by one idempotent producer, whose calls never wait.
 *
 * <p>Thread-safe. Answers complete on the producer's thread.
 */
final class Appends implements Catalog.Listener, LostTopics.Listener, AutoCloseable {
    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(1);
    /**
     * Kafka waits for 5 ms for company that fills 16 KiB, ten events. What costs the brokers, the client and those who read
     * along is the batch rather than the event, and waiting costs whoever publishes little.
     */
    private static final int LINGER_MILLIS = 1;

    private static final int BATCH_BYTES = 64 << 10;
    /** How long the producer remembers the partitions of a topic that nobody appends to. */
    private static final int REMEMBER_MILLIS = 3_600_000;

    private final KafkaStorageConfig config;
    private final Clients clients;
    private final Streams streams;
    private final MeshClock clock;
    private final Feeder feeder;
    private final Map<StreamName, StreamAppends> appends = new ConcurrentHashMap<>();
    private volatile @Nullable Producer<byte[], byte[]> producer;

    /** @param streams hears of streams before this does */
    Appends(KafkaStorageConfig config, Clients clients, Streams streams, MeshClock clock) {
        this.config = config;
        this.clients = clients;
        this.streams = streams;
        this.clock = clock;
        this.feeder = new Feeder(config.appendBuffer().bytes() / 2);
    }

    void open() {
        Map<String, Object> settings = clients.producer("append");
        settings.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, 0);
        settings.put(ProducerConfig.METADATA_MAX_IDLE_CONFIG, REMEMBER_MILLIS);
        settings.putIfAbsent(ProducerConfig.LINGER_MS_CONFIG, LINGER_MILLIS);
        settings.putIfAbsent(ProducerConfig.BATCH_SIZE_CONFIG, BATCH_BYTES);
        settings.put(ProducerConfig.BUFFER_MEMORY_CONFIG, config.appendBuffer().bytes());
        producer = new KafkaProducer<>(settings);
        feeder.start();
    }

    List<CompletionStage<Position>> append(StreamName stream, List<EventRecord> records, int spread) {
        StreamAppends target = find(stream);
        if (target == null) {
            EventMeshException why = producer == null ? Catalog.closed() : KafkaStorage.noStream(stream);
            return records.stream()
                    .map(record -> CompletableFuture.<Position>failedStage(why))
                    .toList();
        }
        return target.append(records, spread);
    }

    /** The stream was made here, and will be appended to. */
    void prepare(StreamName stream) {
        StreamAppends target = find(stream);
        if (target != null) {
            target.prepare();
        }
    }

    private @Nullable StreamAppends find(StreamName stream) {
        StreamAppends found = appends.get(stream);
        if (found != null) {
            return found;
        }
        StreamAppends made = appends.computeIfAbsent(stream, this::of);
        if (made != null
                && streams.tail(stream)
                        .filter(tail -> tail.entry().equals(made.entry()))
                        .isEmpty()
                && appends.remove(stream, made)) {
            // deleted while it was made
            made.ended();
        }
        return made;
    }

    private @Nullable StreamAppends of(StreamName stream) {
        Producer<byte[], byte[]> open = producer;
        StreamTail tail = streams.tail(stream).orElse(null);
        return open == null || tail == null ? null : new StreamAppends(config, open, feeder, tail, clock);
    }

    @Override
    public void streamDeleted(StreamEntry stream) {
        StreamAppends ended = appends.get(stream.name());
        if (ended != null && ended.entry().equals(stream) && appends.remove(stream.name(), ended)) {
            ended.ended();
        }
    }

    @Override
    public void streamLost(StreamEntry stream) {
        StreamAppends lost = appends.get(stream.name());
        if (lost != null && lost.entry().equals(stream)) {
            lost.refuse(LostTopics.lost(stream));
        }
    }

    @Override
    public void streamFound(StreamEntry stream) {
        // the next append is tried again
    }

    /** Waits a while for what is on its way, and refuses the rest. */
    @Override
    public void close() {
        Producer<byte[], byte[]> open = producer;
        producer = null;
        feeder.close();
        if (open != null) {
            open.close(CLOSE_TIMEOUT);
        }
        appends.values().forEach(each -> each.end(Catalog.closed()));
        appends.clear();
    }
}
