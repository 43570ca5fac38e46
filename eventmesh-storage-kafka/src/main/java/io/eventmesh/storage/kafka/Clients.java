package io.eventmesh.storage.kafka;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.UnknownTopicIdException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/**
 * What all Kafka clients of the storage have in common, and the one admin client.
 *
 * <p>Thread-safe; opened and closed by the storage.
 */
final class Clients implements AutoCloseable {
    private static final Duration CLOSE_TIMEOUT = Duration.ofMillis(300);
    private static final int MAX_REQUEST_TIMEOUT = 15_000;

    private final KafkaStorageConfig config;
    private final String runtime;
    private volatile @Nullable Admin admin;

    /** @param runtime tells this runtime's clients from those of others in logs of brokers */
    Clients(KafkaStorageConfig config, String runtime) {
        this.config = config;
        this.runtime = runtime;
    }

    /** @throws EventMeshException STORAGE_UNAVAILABLE when no broker's name can be resolved, CONFIG_INVALID for settings */
    void open() {
        try {
            admin = Admin.create(common("admin", AdminClientConfig.configNames()));
        } catch (KafkaException refused) {
            throw failure(refused);
        }
    }

    /** @throws EventMeshException STORAGE_UNAVAILABLE before {@link #open} */
    Admin admin() {
        Admin open = admin;
        if (open == null) {
            throw new EventMeshException(
                    ErrorCode.STORAGE_UNAVAILABLE, "kafka storage: not running (expected: running)");
        }
        return open;
    }

    /** Settings of a consumer of bytes that is told where to read; without a group. */
    Map<String, Object> consumer(String purpose) {
        Map<String, Object> settings = common(purpose, ConsumerConfig.configNames());
        settings.put(ConsumerConfig.KEY_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class);
        settings.put(ConsumerConfig.VALUE_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class);
        settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        settings.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
        settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none");
        settings.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
        settings.put(ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG, (int)
                config.maxPartitionFetch().bytes());
        return settings;
    }

    /** Settings of an idempotent producer of bytes. */
    Map<String, Object> producer(String purpose) {
        Map<String, Object> settings = common(purpose, ProducerConfig.configNames());
        settings.put(ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class);
        settings.put(ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class);
        settings.put(ProducerConfig.ACKS_CONFIG, "all");
        settings.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true);
        settings.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, (int)
                config.appendTimeout().toMillis());
        settings.put(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, (int)
                config.maxRecordSize().bytes());
        return settings;
    }

    private Map<String, Object> common(String purpose, Set<String> known) {
        Map<String, Object> settings = new HashMap<>(config.client());
        config.clientSecrets().forEach((key, secret) -> settings.put(key, secret.reveal()));
        settings.keySet().retainAll(known);
        settings.put(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, config.bootstrapServers());
        settings.put(CommonClientConfigs.CLIENT_ID_CONFIG, "mesh-kafka-" + purpose + "-" + runtime);
        settings.put(CommonClientConfigs.REQUEST_TIMEOUT_MS_CONFIG, (int)
                Math.min(config.appendTimeout().toMillis() / 2, MAX_REQUEST_TIMEOUT));
        settings.putIfAbsent(CommonClientConfigs.METRIC_REPORTER_CLASSES_CONFIG, "");
        settings.putIfAbsent(CommonClientConfigs.ENABLE_METRICS_PUSH_CONFIG, false);
        return settings;
    }

    @Override
    public void close() {
        Admin open = admin;
        admin = null;
        if (open != null) {
            open.close(CLOSE_TIMEOUT);
        }
    }

    /** What a failure of a Kafka client means to whoever asked the storage. */
    static EventMeshException failure(Throwable failure) {
        Throwable cause = unwrapped(failure);
        if (cause instanceof EventMeshException known) {
            return known;
        }
        if (cause instanceof RecordTooLargeException) {
            return new EventMeshException(
                    ErrorCode.EVENT_TOO_LARGE, "record: " + cause.getMessage() + " (expected: a smaller one)", cause);
        }
        if (cause instanceof UnknownTopicOrPartitionException || cause instanceof UnknownTopicIdException) {
            return new EventMeshException(
                    ErrorCode.STORAGE_UNAVAILABLE, "kafka: the stream's topic is not there (expected: there)", cause);
        }
        if (cause instanceof AuthorizationException || cause instanceof AuthenticationException) {
            return new EventMeshException(
                    ErrorCode.STORAGE_UNAVAILABLE,
                    "kafka: %s (expected: that the mesh may do this)".formatted(cause.getMessage()),
                    cause);
        }
        return new EventMeshException(
                ErrorCode.STORAGE_UNAVAILABLE,
                "kafka: %s: %s (expected: an answer)".formatted(cause.getClass().getSimpleName(), cause.getMessage()),
                cause);
    }

    static Throwable unwrapped(Throwable failure) {
        Throwable cause = failure;
        while ((cause instanceof CompletionException || cause instanceof ExecutionException)
                && cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause;
    }
}
