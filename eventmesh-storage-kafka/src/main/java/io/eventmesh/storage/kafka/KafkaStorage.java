package io.eventmesh.storage.kafka;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.lifecycle.Health;
import io.eventmesh.common.time.MeshClock;
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
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps streams in Kafka, for any number of runtimes.
 *
 * <p>Streams and groups are what the {@link Catalog} says. Appends go by one producer, and never wait; a group is read by a
 * consumer of its own.
 *
 * <p>Thread-safe. States: new → starting → running → closed; only running serves.
 */
public final class KafkaStorage implements Storage {
    private static final Logger log = LoggerFactory.getLogger(KafkaStorage.class);

    /** Together with what the last client takes; without brokers it takes as long. */
    private static final Duration CLOSE_TIMEOUT = Duration.ofMillis(3_700);

    private enum State {
        NEW,
        STARTING,
        RUNNING,
        CLOSED
    }

    private final KafkaStorageConfig config;
    private final MeshClock clock;
    private final Clients clients;
    private final Topics topics;
    private final TopicNames names;
    private final Catalog catalog;
    private final Streams streams;
    private final LostTopics lost;
    private final Sweep sweep;
    private final OffsetsRetention offsetsRetention;
    private final Appends appends;
    private final Peeks peeks;
    private final RecordReader records;
    private final Groups groups;
    private volatile State state = State.NEW;

    /** @param cluster names topics where the configuration does not */
    public KafkaStorage(KafkaStorageConfig config, String cluster, MeshClock clock) {
        String runtime = UUID.randomUUID().toString().substring(0, 8);
        Offsets offsets;
        this.config = config;
        this.clock = clock;
        this.clients = new Clients(config, runtime);
        this.topics = new Topics(config, clients);
        this.names = new TopicNames(config, cluster);
        this.catalog = new Catalog(clients, names, clock);
        offsets = new Offsets(clients, config);
        this.streams = new Streams(config, clients, topics, names, catalog, offsets);
        this.lost = new LostTopics(clients, config, streams);
        this.sweep = new Sweep(clients, streams, offsets, lost);
        this.offsetsRetention = new OffsetsRetention(clients, config.retention());
        this.appends = new Appends(config, clients, streams, clock);
        this.records = new RecordReader(clock);
        this.peeks = new Peeks(clients, streams);
        this.groups = new Groups(new Surroundings(
                clients, catalog, streams, topics, records, names, config, clock, runtime, this::isRunning));
        catalog.listen(streams);
        catalog.listen(appends);
        lost.listen(appends);
        lost.listen(groups);
    }

    @Override
    public String name() {
        return "storage-kafka";
    }

    @Override
    public void start() {
        synchronized (this) {
            if (state != State.NEW) {
                throw new IllegalStateException("state: " + state + " (expected: NEW)");
            }
            state = State.STARTING;
        }
        long from = clock.nanoTime();
        try {
            clients.open();
            Waiting.until(
                    topics.ensureCompacted(names.catalog(), 1, Map.of()),
                    config.startTimeout(),
                    "topic of the catalog");
            catalog.open(config.startTimeout());
            sweep.start();
            appends.open();
            groups.start();
            begin();
        } catch (RuntimeException failure) {
            abandon();
            throw unreachable(failure);
        } catch (Error failure) {
            abandon();
            throw failure;
        }
        offsetsRetention.look();
        streams.finishDeletions();
        log.info(
                "Kafka storage started. bootstrapServers={} prefix={} streams={} groups={} tookMs={}",
                String.join(",", config.bootstrapServers()),
                names.prefix(),
                catalog.streams().size(),
                catalog.groups().size(),
                Duration.ofNanos(clock.nanoTime() - from).toMillis());
    }

    private void abandon() {
        state = State.CLOSED;
        release();
    }

    /** Unless it was closed meanwhile. */
    private synchronized void begin() {
        if (state == State.CLOSED) {
            throw unavailable();
        }
        state = State.RUNNING;
    }

    private EventMeshException unreachable(Throwable failure) {
        EventMeshException why = Clients.failure(failure);
        return new EventMeshException(
                why.code(),
                "kafka at %s: %s".formatted(String.join(",", config.bootstrapServers()), why.reason()),
                failure);
    }

    @Override
    public Health health() {
        return switch (state) {
            case NEW, STARTING -> Health.down("not started");
            case CLOSED -> Health.down("closed");
            case RUNNING ->
                catalog.trouble()
                        .or(lost::trouble)
                        .or(sweep::trouble)
                        .map(Health::degraded)
                        .orElseGet(() -> Health.up("kafka at %s; %d records passed over that were no events%s"
                                .formatted(
                                        String.join(",", config.bootstrapServers()),
                                        records.unreadable(),
                                        offsetsRetention
                                                .shortfall()
                                                .map(what -> "; " + what)
                                                .orElse(""))));
        };
    }

    @Override
    public void close() {
        State before;
        synchronized (this) {
            before = state;
            state = State.CLOSED;
        }
        if (before == State.RUNNING) {
            release();
            log.info("Kafka storage closed.");
        }
    }

    /** Readers first, since they store progress and park; then all else. */
    private void release() {
        Closing closing = new Closing(clock, CLOSE_TIMEOUT);
        groups.endReaders();
        closing.sideBySide(
                List.of(groups::close, peeks::close, appends::close, sweep::close, catalog::close, topics::close));
        clients.close();
    }

    @Override
    public Durability durability() {
        return Durability.ENGINE;
    }

    @Override
    public Set<Capability> capabilities() {
        return Set.of(Capability.SHARED, Capability.PERSISTENT);
    }

    @Override
    public CompletionStage<Void> createStream(StreamName stream, StreamSettings settings) {
        return whenRunning(() -> streams.create(stream, settings).thenRun(() -> appends.prepare(stream)));
    }

    @Override
    public Optional<StreamInfo> stream(StreamName stream) {
        requireRunning();
        return streams.info(stream);
    }

    @Override
    public List<StreamInfo> streams() {
        requireRunning();
        return streams.infos();
    }

    @Override
    public CompletionStage<Void> deleteStream(StreamName stream) {
        return whenRunning(() -> {
            Optional<StreamEntry> entry = catalog.stream(stream);
            return streams.delete(stream)
                    .thenCompose(deleted -> entry.isEmpty()
                            ? CompletableFuture.<Void>completedStage(null)
                            : groups.streamDropped(entry.get()));
        });
    }

    @Override
    public CompletionStage<Long> purgeStream(StreamName stream) {
        return whenRunning(() -> streams.purge(stream));
    }

    @Override
    public CompletionStage<Peek> peek(StreamPartition partition, long from, int maxRecords, long maxBytes) {
        return whenRunning(() -> peeks.look(partition, from, maxRecords, maxBytes));
    }

    @Override
    public List<CompletionStage<Position>> append(StreamName stream, List<EventRecord> batch, int spread) {
        if (!isRunning()) {
            EventMeshException why = unavailable();
            return batch.stream()
                    .map(record -> CompletableFuture.<Position>failedStage(why))
                    .toList();
        }
        return appends.append(stream, batch, spread);
    }

    @Override
    public CompletionStage<Void> createGroup(
            SubscriptionName group, Set<StreamName> over, DeliveryTerms terms, Start start) {
        return whenRunning(() -> groups.create(group, over, terms, start));
    }

    @Override
    public CompletionStage<Void> createPassingGroup(SubscriptionName group, Set<StreamName> over, DeliveryTerms terms) {
        return whenRunning(() -> groups.createPassing(group, over, terms));
    }

    @Override
    public CompletionStage<Void> alterGroup(SubscriptionName group, DeliveryTerms terms) {
        return whenRunning(() -> groups.alter(group, terms));
    }

    @Override
    public CompletionStage<Void> pauseGroup(SubscriptionName group, boolean paused) {
        return whenRunning(() -> groups.pause(group, paused));
    }

    @Override
    public Optional<GroupInfo> group(SubscriptionName group) {
        requireRunning();
        return groups.group(group);
    }

    @Override
    public List<GroupInfo> groups() {
        requireRunning();
        return groups.groups();
    }

    @Override
    public CompletionStage<Void> moveGroup(SubscriptionName group, Start start) {
        return whenRunning(() -> groups.move(group, start));
    }

    @Override
    public CompletionStage<Void> deleteGroup(SubscriptionName group) {
        return whenRunning(() -> groups.delete(group));
    }

    @Override
    public CompletionStage<GroupReader> openReader(SubscriptionName group, GroupReader.Listener listener) {
        return whenRunning(() -> groups.openReader(group, listener));
    }

    @Override
    public Parking parking() {
        return groups.parking();
    }

    private boolean isRunning() {
        return state == State.RUNNING;
    }

    static EventMeshException noStream(StreamName name) {
        return new EventMeshException(
                ErrorCode.TOPIC_NOT_FOUND, "stream: %s (expected: one that exists)".formatted(name));
    }

    private EventMeshException unavailable() {
        return new EventMeshException(
                ErrorCode.STORAGE_UNAVAILABLE,
                "kafka storage: %s (expected: running)".formatted(state == State.CLOSED ? "closed" : "not started"));
    }

    private <T> CompletionStage<T> whenRunning(Supplier<CompletionStage<T>> step) {
        try {
            requireRunning();
            return step.get();
        } catch (EventMeshException refused) {
            return CompletableFuture.failedStage(refused);
        }
    }

    private void requireRunning() {
        if (!isRunning()) {
            throw unavailable();
        }
    }
}
