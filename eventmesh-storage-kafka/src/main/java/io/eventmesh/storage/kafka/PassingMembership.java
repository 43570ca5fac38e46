package io.eventmesh.storage.kafka;

import io.eventmesh.spi.storage.Progress;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;

/** A passing group reads every partition by itself; its progress is this runtime's alone. */
final class PassingMembership implements Membership {
    private final Surroundings with;
    private final String incarnation;
    private final KnownProgress known;
    private final PassingParking parking;
    private @Nullable KafkaConsumer<byte[], byte[]> consumer;

    PassingMembership(Surroundings with, String incarnation, KnownProgress known, PassingParking parking) {
        this.with = with;
        this.incarnation = incarnation;
        this.known = known;
        this.parking = parking;
    }

    @Override
    public String incarnation() {
        return incarnation;
    }

    @Override
    public KafkaConsumer<byte[], byte[]> open() {
        KafkaConsumer<byte[], byte[]> opened =
                new KafkaConsumer<>(with.clients().consumer("passing"));
        consumer = opened;
        return opened;
    }

    @Override
    public void follow(Collection<StreamEntry> streams, ConsumerRebalanceListener rebalances) {
        List<TopicPartition> all = streams.stream()
                .flatMap(stream -> stream.topicPartitions().stream())
                .toList();
        Objects.requireNonNull(consumer, "open first").assign(all);
    }

    @Override
    public Map<TopicPartition, Progress> stored(Map<TopicPartition, Uuid> places, Duration atMost) {
        Map<TopicPartition, Progress> stored = new HashMap<>();
        places.forEach((place, topicId) -> {
            Progress progress = known.of(incarnation, topicId, place.partition());
            if (progress != null) {
                stored.put(place, progress);
            }
        });
        return stored;
    }

    @Override
    public void owned(StreamEntry stream, int partition, long epoch, boolean unknown) {
        parking.owned(incarnation, stream.partition(partition), epoch);
    }

    @Override
    public void store(Map<Assignment, Progress> progress, Consumer<@Nullable Exception> answer) {
        answer.accept(null);
    }

    @Override
    public void storeNow(Map<Assignment, Progress> progress, Duration atMost) {
        // what was stored is noted by the caller
    }
}
