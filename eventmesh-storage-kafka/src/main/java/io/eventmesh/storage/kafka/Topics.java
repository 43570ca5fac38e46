package io.eventmesh.storage.kafka;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.thread.NamedThreads;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.kafka.clients.admin.CreateTopicsOptions;
import org.apache.kafka.clients.admin.DeleteTopicsOptions;
import org.apache.kafka.clients.admin.DescribeTopicsOptions;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.TopicCollection;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicIdException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/**
 * Makes and removes topics. A topic is made when every partition has a leader that answers: what is sent before may be
 * refused again and again.
 *
 * <p>Thread-safe; methods return without waiting.
 */
final class Topics implements AutoCloseable {
    private static final String FOREVER = Long.toString(Long.MAX_VALUE);
    private static final int MAX_LOOKS = 100;
    private static final long RETRY_MILLIS = 30;
    private static final long IDLE_SECONDS = 5;

    private final KafkaStorageConfig config;
    private final Clients clients;
    private final ScheduledThreadPoolExecutor retries =
            new ScheduledThreadPoolExecutor(1, new NamedThreads("mesh-kafka-retry"));

    Topics(KafkaStorageConfig config, Clients clients) {
        this.config = config;
        this.clients = clients;
        retries.setKeepAliveTime(IDLE_SECONDS, TimeUnit.SECONDS);
        retries.allowCoreThreadTimeOut(true);
    }

    /** Makes a topic that keeps the newest record of each key, unless it is there. */
    CompletionStage<Void> ensureCompacted(String topic, int partitions, Map<String, String> more) {
        Map<String, String> settings = common();
        settings.put("cleanup.policy", "compact");
        settings.putAll(more);
        return ensure(topic, partitions, settings).thenApply(found -> null);
    }

    /** Makes a topic for a stream unless it is there, made by somebody else; completes with what is there then. */
    CompletionStage<TopicDescription> ensureStream(String topic, int partitions) {
        Map<String, String> settings = common();
        settings.put("cleanup.policy", "delete");
        settings.put("retention.ms", Long.toString(config.retention().toMillis()));
        long bytes = config.retentionBytes().bytes();
        settings.put("retention.bytes", Long.toString(bytes == 0 ? -1 : bytes));
        return ensure(topic, partitions, settings);
    }

    /** Removes a topic; one that is not there is fine. */
    CompletionStage<Void> delete(Uuid topicId) {
        return attempt(() -> clients.admin()
                        .deleteTopics(
                                TopicCollection.ofTopicIds(List.of(topicId)),
                                new DeleteTopicsOptions().timeoutMs(timeout()))
                        .all()
                        .toCompletionStage())
                .handle((done, failure) -> {
                    if (failure != null && !isGone(failure)) {
                        throw Clients.failure(failure);
                    }
                    return null;
                });
    }

    private CompletionStage<TopicDescription> ensure(String topic, int partitions, Map<String, String> settings) {
        Optional<Short> replicas =
                config.replicationFactor() == 0 ? Optional.empty() : Optional.of((short) config.replicationFactor());
        NewTopic made = new NewTopic(topic, Optional.of(partitions), replicas).configs(settings);
        return attempt(() -> clients.admin()
                        .createTopics(List.of(made), new CreateTopicsOptions().timeoutMs(timeout()))
                        .topicId(topic)
                        .toCompletionStage())
                .handle((id, failure) -> {
                    if (failure == null) {
                        return described(topic, id, 1);
                    }
                    return mayBeThere(failure)
                            ? described(topic, Uuid.ZERO_UUID, 1)
                            : CompletableFuture.<TopicDescription>failedStage(refused(topic, failure));
                })
                .thenCompose(Function.identity())
                .thenCompose(there -> answering(there, 1));
    }

    /**
     * The brokers hear of a new topic one after another: some may still know nothing of it, or the one that was deleted.
     *
     * @param id that it must have, zero for any
     */
    private CompletionStage<TopicDescription> described(String topic, Uuid id, int times) {
        return attempt(() -> clients.admin()
                        .describeTopics(List.of(topic), new DescribeTopicsOptions().timeoutMs(timeout()))
                        .allTopicNames()
                        .toCompletionStage())
                .handle((found, failure) -> {
                    TopicDescription there = found == null ? null : found.get(topic);
                    if (there != null
                            && (id.equals(Uuid.ZERO_UUID) || there.topicId().equals(id))) {
                        return CompletableFuture.completedStage(there);
                    }
                    return (failure == null || isGone(failure)) && times < MAX_LOOKS
                            ? later().thenCompose(now -> described(topic, id, times + 1))
                            : CompletableFuture.<TopicDescription>failedStage(
                                    failure == null ? notThere(topic) : refused(topic, failure));
                })
                .thenCompose(Function.identity());
    }

    private CompletionStage<Void> later() {
        CompletableFuture<Void> later = new CompletableFuture<>();
        try {
            retries.schedule(() -> later.complete(null), RETRY_MILLIS, TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException closed) {
            later.completeExceptionally(Catalog.closed());
        }
        return later;
    }

    @Override
    public void close() {
        retries.shutdownNow();
    }

    /** Completes once every partition's leader has answered; the broker that says who leads may not know the topic yet. */
    private CompletionStage<TopicDescription> answering(TopicDescription topic, int times) {
        Map<TopicPartition, OffsetSpec> partitions = new HashMap<>();
        topic.partitions()
                .forEach(each ->
                        partitions.put(new TopicPartition(topic.name(), each.partition()), OffsetSpec.latest()));
        return attempt(() -> clients.admin()
                        .listOffsets(partitions, new ListOffsetsOptions().timeoutMs(timeout()))
                        .all()
                        .toCompletionStage())
                .handle((answers, failure) -> {
                    if (failure == null) {
                        return CompletableFuture.completedStage(topic);
                    }
                    return isGone(failure) && times < MAX_LOOKS
                            ? later().thenCompose(now -> answering(topic, times + 1))
                            : CompletableFuture.<TopicDescription>failedStage(Clients.failure(failure));
                })
                .thenCompose(Function.identity());
    }

    private Map<String, String> common() {
        Map<String, String> settings = new HashMap<>();
        // records bear the time of the append, on a clock that may be wrong
        settings.put("message.timestamp.type", "CreateTime");
        settings.put("message.timestamp.before.max.ms", FOREVER);
        settings.put("message.timestamp.after.max.ms", FOREVER);
        settings.put("max.message.bytes", Long.toString(config.maxRecordSize().bytes()));
        if (config.minInsyncReplicas() > 0) {
            settings.put("min.insync.replicas", Integer.toString(config.minInsyncReplicas()));
        }
        return settings;
    }

    private int timeout() {
        return (int) config.appendTimeout().toMillis();
    }

    /** Who may not make topics may still use those that an operator made. */
    private static boolean mayBeThere(Throwable failure) {
        Throwable cause = Clients.unwrapped(failure);
        return cause instanceof TopicExistsException || cause instanceof AuthorizationException;
    }

    private static boolean isGone(Throwable failure) {
        Throwable cause = Clients.unwrapped(failure);
        return cause instanceof UnknownTopicIdException || cause instanceof UnknownTopicOrPartitionException;
    }

    private static EventMeshException notThere(String topic) {
        return new EventMeshException(
                ErrorCode.STORAGE_UNAVAILABLE, "topic %s: brokers do not know it (expected: made)".formatted(topic));
    }

    private static EventMeshException refused(String topic, Throwable failure) {
        Throwable cause = Clients.unwrapped(failure);
        return cause instanceof EventMeshException known
                ? known
                : new EventMeshException(
                        ErrorCode.STORAGE_UNAVAILABLE,
                        "topic %s: not made: %s (expected: made)".formatted(topic, cause.getMessage()),
                        cause);
    }

    private static <T> CompletionStage<T> attempt(Supplier<CompletionStage<T>> call) {
        try {
            return call.get();
        } catch (RuntimeException closed) {
            return CompletableFuture.failedStage(Clients.failure(closed));
        }
    }
}
