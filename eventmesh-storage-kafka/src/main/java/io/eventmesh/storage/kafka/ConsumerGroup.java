package io.eventmesh.storage.kafka;

import io.eventmesh.spi.storage.Progress;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.CooperativeStickyAssignor;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;

/** A stored group's place among all runtimes: a member of a consumer group of Kafka's, with its committed offsets. */
final class ConsumerGroup implements Membership {
    /** A listener that holds the thread longer has lost its partitions, and its reader fails. */
    static final Duration MAX_POLL_INTERVAL = Duration.ofSeconds(30);

    private static final int HEARTBEATS_A_SESSION = 4;
    /** Members hear of one another by heartbeats: whoever takes a partition over waits for one, or for two. */
    private static final long HEARTBEAT_MILLIS = 500;

    private static final int FETCHES_AT_ONCE = 4;

    private final Surroundings with;
    private final GroupEntry group;
    private final KafkaParking parking;
    private @Nullable KafkaConsumer<byte[], byte[]> consumer;

    ConsumerGroup(Surroundings with, GroupEntry group, KafkaParking parking) {
        this.with = with;
        this.group = group;
        this.parking = parking;
    }

    @Override
    public String incarnation() {
        return group.incarnation();
    }

    @Override
    public KafkaConsumer<byte[], byte[]> open() {
        Map<String, Object> settings = with.clients().consumer("group");
        long session = with.config().sessionTimeout().toMillis();
        long fetch = with.config().maxPartitionFetch().bytes();
        settings.put(ConsumerConfig.GROUP_ID_CONFIG, with.names().consumerGroup(group.incarnation()));
        settings.put(ConsumerConfig.GROUP_PROTOCOL_CONFIG, "classic");
        settings.put(
                ConsumerConfig.PARTITION_ASSIGNMENT_STRATEGY_CONFIG,
                List.of(CooperativeStickyAssignor.class.getName()));
        settings.put(ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG, (int) session);
        settings.put(ConsumerConfig.HEARTBEAT_INTERVAL_MS_CONFIG, (int)
                Math.min(HEARTBEAT_MILLIS, session / HEARTBEATS_A_SESSION));
        settings.put(ConsumerConfig.MAX_POLL_INTERVAL_MS_CONFIG, (int) Math.max(session, MAX_POLL_INTERVAL.toMillis()));
        settings.put(ConsumerConfig.FETCH_MAX_BYTES_CONFIG, (int) Math.min(Integer.MAX_VALUE, fetch * FETCHES_AT_ONCE));
        KafkaConsumer<byte[], byte[]> opened = new KafkaConsumer<>(settings);
        consumer = opened;
        return opened;
    }

    @Override
    public void follow(Collection<StreamEntry> streams, ConsumerRebalanceListener rebalances) {
        consumer().subscribe(streams.stream().map(StreamEntry::topic).toList(), rebalances);
    }

    @Override
    public Map<TopicPartition, Progress> stored(Map<TopicPartition, Uuid> places, Duration atMost) {
        Map<TopicPartition, Progress> stored = new HashMap<>();
        consumer()
                .committed(places.keySet(), atMost)
                .forEach((place, offset) -> ProgressForm.read(offset, Objects.requireNonNull(places.get(place)))
                        .ifPresent(progress -> stored.put(place, progress)));
        return stored;
    }

    @Override
    public void owned(StreamEntry stream, int partition, long epoch, boolean unknown) {
        parking.owned(
                group, stream, partition, epoch, consumer().groupMetadata().generationId(), unknown);
    }

    @Override
    public void store(Map<Assignment, Progress> progress, Consumer<@Nullable Exception> answer) {
        consumer().commitAsync(offsets(progress), (offsets, failure) -> answer.accept(failure));
    }

    @Override
    public void storeNow(Map<Assignment, Progress> progress, Duration atMost) {
        consumer().commitSync(offsets(progress), atMost);
    }

    private static Map<TopicPartition, OffsetAndMetadata> offsets(Map<Assignment, Progress> progress) {
        Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
        progress.forEach(
                (assignment, each) -> offsets.put(assignment.place(), ProgressForm.write(each, assignment.topicId())));
        return offsets;
    }

    private KafkaConsumer<byte[], byte[]> consumer() {
        return Objects.requireNonNull(consumer, "open first");
    }
}
