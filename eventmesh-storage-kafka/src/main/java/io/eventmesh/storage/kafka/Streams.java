package io.eventmesh.storage.kafka;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.StreamName;
import io.eventmesh.spi.storage.StreamInfo;
import io.eventmesh.spi.storage.StreamPartition;
import io.eventmesh.spi.storage.StreamSettings;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.clients.admin.DeleteRecordsOptions;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes, removes and empties streams, and knows what they hold.
 *
 * <p>A stream is made when its topic's partitions have leaders that answer and the catalog names it. It is deleted in three
 * steps: the catalog hides it, the topic goes, the catalog forgets it; who makes it again, or starts, after the process
 * ended in between finishes them.
 *
 * <p>Thread-safe; methods return without waiting.
 */
final class Streams implements Catalog.Listener {
    private static final Logger log = LoggerFactory.getLogger(Streams.class);

    private final Topics topics;
    private final TopicNames names;
    private final Catalog catalog;
    private final Clients clients;
    private final Offsets offsets;
    private final int timeoutMillis;
    private final Map<StreamName, StreamTail> tails = new ConcurrentHashMap<>();

    Streams(
            KafkaStorageConfig config,
            Clients clients,
            Topics topics,
            TopicNames names,
            Catalog catalog,
            Offsets offsets) {
        this.topics = topics;
        this.names = names;
        this.catalog = catalog;
        this.clients = clients;
        this.offsets = offsets;
        this.timeoutMillis = (int) config.appendTimeout().toMillis();
    }

    @Override
    public void streamMade(StreamEntry stream) {
        tails.put(stream.name(), new StreamTail(stream));
    }

    @Override
    public void streamDeleted(StreamEntry stream) {
        tails.computeIfPresent(stream.name(), (name, tail) -> tail.entry().equals(stream) ? null : tail);
    }

    CompletionStage<Void> create(StreamName name, StreamSettings settings) {
        Optional<CatalogFact.Stream> stands = catalog.streamFact(name);
        if (stands.isEmpty()) {
            return make(name, settings);
        }
        if (stands.get().going()) {
            return finishDelete(stands.get().entry()).thenCompose(gone -> make(name, settings));
        }
        return isLost(name)
                ? CompletableFuture.failedStage(LostTopics.lost(stands.get().entry()))
                : same(stands.get().entry(), settings);
    }

    private CompletionStage<Void> make(StreamName name, StreamSettings settings) {
        return topics.ensureStream(names.stream(name), settings.partitions())
                .thenCompose(topic -> add(name, settings, topic))
                .handle(Streams::answer);
    }

    private CompletionStage<Void> add(StreamName name, StreamSettings settings, TopicDescription topic) {
        StreamEntry entry = new StreamEntry(name, topic.partitions().size(), topic.name(), topic.topicId());
        if (entry.partitions() != settings.partitions()) {
            return same(entry, settings);
        }
        return catalog.addStream(entry)
                .thenCompose(added -> added.going() ? create(name, settings) : same(added.entry(), settings));
    }

    /** Whether the stream's topic was removed behind the mesh. */
    boolean isLost(StreamName name) {
        StreamTail tail = tails.get(name);
        return tail != null && tail.isLost();
    }

    private static CompletionStage<Void> same(StreamEntry stands, StreamSettings asked) {
        if (stands.partitions() == asked.partitions()) {
            return CompletableFuture.completedStage(null);
        }
        return CompletableFuture.failedStage(new EventMeshException(
                ErrorCode.ALREADY_EXISTS,
                "stream %s: %s partitions (expected: %s, as it was made)"
                        .formatted(stands.name(), asked.partitions(), stands.partitions())));
    }

    CompletionStage<Void> delete(StreamName name) {
        return catalog.markStream(name)
                .thenCompose(marked ->
                        marked.isEmpty() ? CompletableFuture.<Void>completedStage(null) : finishDelete(marked.get()))
                .handle(Streams::answer);
    }

    private CompletionStage<Void> finishDelete(StreamEntry going) {
        return topics.delete(going.topicId()).thenCompose(gone -> catalog.forgetStream(going));
    }

    /** Finishes what was being deleted when a process ended. */
    void finishDeletions() {
        catalog.going()
                .forEach(entry -> finishDelete(entry).whenComplete((done, failure) -> {
                    if (failure != null && !catalog.isClosed()) {
                        log.warn(
                                "Topic of a deleted stream is still there. stream={} topic={} error={}",
                                entry.name(),
                                entry.topic(),
                                Clients.failure(failure).reason());
                    }
                }));
    }

    CompletionStage<Long> purge(StreamName name) {
        StreamTail tail = tails.get(name);
        if (tail == null) {
            return CompletableFuture.completedStage(0L);
        }
        if (tail.isLost()) {
            return CompletableFuture.failedStage(LostTopics.lost(tail.entry()));
        }
        return offsets.look(tail.entry().topicPartitions())
                .thenCompose(ranges -> purge(tail, ranges))
                .handle(Streams::answer);
    }

    private CompletionStage<Long> purge(StreamTail tail, Map<TopicPartition, Offsets.Range> ranges) {
        Map<TopicPartition, RecordsToDelete> all = new HashMap<>();
        long count = 0;
        for (Map.Entry<TopicPartition, Offsets.Range> each : ranges.entrySet()) {
            Offsets.Range range = each.getValue();
            if (range.end() > range.first()) {
                all.put(each.getKey(), RecordsToDelete.beforeOffset(range.end()));
                count += range.end() - range.first();
            }
        }
        long purged = count;
        return clients.admin()
                .deleteRecords(all, new DeleteRecordsOptions().timeoutMs(timeoutMillis))
                .all()
                .toCompletionStage()
                .thenApply(done -> {
                    ranges.forEach((partition, range) -> tail.learned(partition.partition(), range.end(), range.end()));
                    return purged;
                });
    }

    Optional<StreamInfo> info(StreamName name) {
        return Optional.ofNullable(tails.get(name)).map(StreamTail::info);
    }

    List<StreamInfo> infos() {
        return tails.values().stream().map(StreamTail::info).toList();
    }

    Collection<StreamTail> tails() {
        return tails.values();
    }

    Optional<StreamTail> tail(StreamName name) {
        return Optional.ofNullable(tails.get(name));
    }

    /** The first kept offset, as far as this runtime knows; 0 for a partition that is not there. */
    long first(StreamPartition partition) {
        StreamTail tail = tailOf(partition);
        return tail == null ? 0 : tail.first(partition.index());
    }

    /** The offset after the last record, as far as this runtime knows; 0 for a partition that is not there. */
    long end(StreamPartition partition) {
        StreamTail tail = tailOf(partition);
        return tail == null ? 0 : tail.end(partition.index());
    }

    /** Somebody heard from a broker where a partition's records lie. */
    void learned(StreamPartition partition, long first, long end) {
        StreamTail tail = tailOf(partition);
        if (tail != null) {
            tail.learned(partition.index(), first, end);
        }
    }

    private @Nullable StreamTail tailOf(StreamPartition partition) {
        StreamTail tail = tails.get(partition.stream());
        boolean there = tail != null
                && partition.index() >= 0
                && partition.index() < tail.entry().partitions();
        return there ? tail : null;
    }

    private static <T> T answer(T done, @Nullable Throwable failure) {
        if (failure != null) {
            throw Clients.failure(failure);
        }
        return done;
    }
}
