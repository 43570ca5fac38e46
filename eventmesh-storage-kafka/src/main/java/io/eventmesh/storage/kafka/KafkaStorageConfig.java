package io.eventmesh.storage.kafka;

import io.eventmesh.common.config.Check;
import io.eventmesh.common.config.DataSize;
import io.eventmesh.common.config.Doc;
import io.eventmesh.common.config.Secret;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;

/**
 * Where Kafka is, and how streams are kept there.
 *
 * @param topicPrefix first part of the name of every topic and consumer group; empty for the cluster's name
 * @param replicationFactor of topics that are made; 0 for the brokers' default
 * @param minInsyncReplicas of topics that are made; 0 for the brokers' default
 * @param retention of a stream's records
 * @param retentionBytes of each partition, 0 for any
 * @param formats by stream name, for streams that have another format than {@code format}
 * @param maxGroups that a runtime reads at the same time
 * @param client settings for the Kafka clients
 * @param clientSecrets settings for the Kafka clients that nobody may see
 */
public record KafkaStorageConfig(
        @Doc("Brokers to begin with, host:port.") List<String> bootstrapServers,

        @Doc("First part of the name of every topic and consumer group of this mesh, of letters, digits and hyphens. "
                + "Default: the cluster's name, so that several clusters can share one Kafka.")
        String topicPrefix,

        @Doc("Replicas of each topic that is made; 0 is the brokers' own default.")
        int replicationFactor,

        @Doc("Replicas that must have an event before its publisher is answered; 0 is the brokers' own default.")
        int minInsyncReplicas,

        @Doc("How long a stream keeps events, whoever still needs them. Holds for streams made from now on.")
        Duration retention,

        @Doc("Bytes that each partition of a stream keeps at most; 0 is no bound.")
        DataSize retentionBytes,

        @Doc(
                "How events stand in Kafka: binary (attributes as headers, data as value, for foreign clients of any kind) "
                        + "or structured (one protobuf value, nothing is converted).")
        RecordFormat format,

        @Doc(
                "Streams with another format, by the stream's name: orders: structured. Records keep the form in which they "
                        + "were written.")
        Map<String, RecordFormat> formats,

        @Doc("Largest record, headers included; larger events are refused. Topics that are made take as much.")
        DataSize maxRecordSize,

        @Doc("Memory for events on their way to the brokers; publishers are refused with OVERLOADED beyond it.")
        DataSize appendBuffer,

        @Doc("How long an event may be on its way to the brokers before its publisher is answered STORAGE_UNAVAILABLE.")
        Duration appendTimeout,

        @Doc(
                "Groups that one runtime reads at the same time, each by a consumer and two threads; more are refused with "
                        + "QUOTA_EXCEEDED.")
        int maxGroups,

        @Doc("How long a runtime may be silent before its partitions go to others; within the brokers' "
                + "group.min.session.timeout.ms and group.max.session.timeout.ms.")
        Duration sessionTimeout,

        @Doc("Bytes that a group fetches of a partition at once; a larger record comes alone.")
        DataSize maxPartitionFetch,

        @Doc("How long a start waits for Kafka.") Duration startTimeout,

        @Doc("Further settings of the Kafka clients, above all for security: security.protocol: SASL_SSL.")
        Map<String, String> client,

        @Doc("Settings of the Kafka clients that must not be seen: sasl.jaas.config, ssl.keystore.password and so on.")
        Map<String, Secret> clientSecrets) {
    /** What the storage itself decides. */
    private static final Set<String> OWN = Set.of(
            "bootstrap.servers",
            "bootstrap.controllers",
            "acks",
            "enable.idempotence",
            "transactional.id",
            "max.block.ms",
            "delivery.timeout.ms",
            "buffer.memory",
            "max.request.size",
            "max.in.flight.requests.per.connection",
            "partitioner.class",
            "key.serializer",
            "value.serializer",
            "key.deserializer",
            "value.deserializer",
            "client.id",
            "group.id",
            "group.instance.id",
            "group.protocol",
            "session.timeout.ms",
            "heartbeat.interval.ms",
            "partition.assignment.strategy",
            "enable.auto.commit",
            "auto.offset.reset",
            "isolation.level",
            "max.partition.fetch.bytes",
            "allow.auto.create.topics");

    public KafkaStorageConfig {
        bootstrapServers = List.copyOf(bootstrapServers);
        formats = Map.copyOf(formats);
        client = Map.copyOf(client);
        clientSecrets = Map.copyOf(clientSecrets);
        Check.require(!bootstrapServers.isEmpty(), "bootstrap-servers", "[]", "at least one host:port");
        for (String server : bootstrapServers) {
            Check.require(
                    server.matches("[^\\s:/,]+:\\d{1,5}|\\[[0-9A-Fa-f:]+]:\\d{1,5}"),
                    "bootstrap-servers",
                    "'" + server + "'",
                    "host:port");
        }
        Check.require(
                topicPrefix.matches("[A-Za-z0-9-]{0,80}"),
                "topic-prefix",
                "'" + topicPrefix + "'",
                "[A-Za-z0-9-]{0,80}");
        Check.range("replication-factor", replicationFactor, 0, Short.MAX_VALUE);
        Check.range("min-insync-replicas", minInsyncReplicas, 0, Short.MAX_VALUE);
        Check.require(
                replicationFactor == 0 || minInsyncReplicas <= replicationFactor,
                "min-insync-replicas",
                minInsyncReplicas,
                "at most replication-factor, " + replicationFactor);
        Check.positive("retention", retention);
        Check.range("max-record-size", maxRecordSize.bytes(), 1_024, 512L << 20);
        Check.require(
                appendBuffer.bytes() >= maxRecordSize.bytes(),
                "append-buffer",
                appendBuffer,
                "at least max-record-size");
        Check.require(
                appendTimeout.toMillis() >= 1_000 && appendTimeout.toMillis() <= 600_000,
                "append-timeout",
                appendTimeout,
                "1s..10m");
        Check.range("max-groups", maxGroups, 1, 10_000);
        Check.require(
                sessionTimeout.toMillis() >= 1_000 && sessionTimeout.toMillis() <= 1_800_000,
                "session-timeout",
                sessionTimeout,
                "1s..30m");
        Check.range("max-partition-fetch", maxPartitionFetch.bytes(), 1_024, 512L << 20);
        Check.positive("start-timeout", startTimeout);
        client.keySet().forEach(key -> requireClientKey("client", key));
        clientSecrets.keySet().forEach(key -> requireClientKey("client-secrets", key));
        for (String key : client.keySet()) {
            Check.require(!isSecret(key), "client", key, "under client-secrets");
        }
    }

    /** A broker on this machine, a week of retention, binary records. */
    public static KafkaStorageConfig defaults() {
        return new KafkaStorageConfig(
                List.of("localhost:9092"),
                "",
                0,
                0,
                Duration.ofDays(7),
                new DataSize(0),
                RecordFormat.BINARY,
                Map.of(),
                DataSize.ofMebibytes(2),
                DataSize.ofMebibytes(64),
                Duration.ofSeconds(30),
                500,
                Duration.ofSeconds(10),
                DataSize.ofMebibytes(1),
                Duration.ofSeconds(30),
                Map.of(),
                Map.of());
    }

    /** How new records of a stream stand in Kafka. */
    RecordFormat formatOf(String stream) {
        return formats.getOrDefault(stream, format);
    }

    private static void requireClientKey(String section, String key) {
        Check.require(!OWN.contains(key), section, key, "a setting that the storage does not make itself");
        Set<String> known = new TreeSet<>(ProducerConfig.configNames());
        known.addAll(ConsumerConfig.configNames());
        known.addAll(AdminClientConfig.configNames());
        Check.require(known.contains(key), section, key, "a setting of the Kafka clients, such as security.protocol");
    }

    private static boolean isSecret(String key) {
        return key.endsWith(".password")
                || key.equals("sasl.jaas.config")
                || key.equals("ssl.keystore.key")
                || key.endsWith(".secret");
    }
}
