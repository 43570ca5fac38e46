package io.eventmesh.storage.kafka;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.StreamName;
import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.spi.storage.Start;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.TopicPartition;

/** Finds the offsets that a start means now. Thread-safe; methods return without waiting. */
final class Starts {
    private final Surroundings with;

    Starts(Surroundings with) {
        this.with = with;
    }

    /** @throws EventMeshException REQUEST_INVALID for a position in none of the streams */
    void require(SubscriptionName group, Set<StreamName> streams, Start start) {
        if (!(start instanceof Start.AtPosition at)) {
            return;
        }
        StreamName stream = at.position().partition().stream();
        int index = at.position().partition().index();
        boolean beyond = with.catalog().stream(stream)
                .map(entry -> index < 0 || index >= entry.partitions())
                .orElse(false);
        if (!streams.contains(stream) || beyond) {
            throw new EventMeshException(
                    ErrorCode.REQUEST_INVALID,
                    "start of group %s: %s (expected: a position in one of %s)"
                            .formatted(group, at.position(), streams));
        }
    }

    /** The offset of each partition of the streams. */
    CompletionStage<Map<TopicPartition, Long>> resolve(Collection<StreamEntry> streams, Start start) {
        Map<TopicPartition, StreamEntry> places = new HashMap<>();
        streams.forEach(stream -> stream.topicPartitions().forEach(place -> places.put(place, stream)));
        if (places.isEmpty()) {
            return CompletableFuture.completedStage(Map.of());
        }
        CompletionStage<Map<TopicPartition, Long>> firsts = ask(places, OffsetSpec.earliest());
        CompletionStage<Map<TopicPartition, Long>> ends = ask(places, OffsetSpec.latest());
        return firsts.thenCombine(ends, (first, end) -> {
                    places.forEach((place, stream) -> with.streams()
                            .learned(stream.partition(place.partition()), offset(first, place), offset(end, place)));
                    return new Bounds(first, end);
                })
                .thenCompose(bounds -> within(bounds, places, start));
    }

    private record Bounds(Map<TopicPartition, Long> firsts, Map<TopicPartition, Long> ends) {}

    private CompletionStage<Map<TopicPartition, Long>> within(
            Bounds bounds, Map<TopicPartition, StreamEntry> places, Start start) {
        if (start instanceof Start.Latest) {
            return CompletableFuture.completedStage(bounds.ends());
        }
        if (start instanceof Start.AtTime at) {
            return ask(places, OffsetSpec.forTimestamp(Math.max(0, at.time().toEpochMilli())))
                    .thenApply(found -> {
                        Map<TopicPartition, Long> offsets = new HashMap<>(bounds.ends());
                        found.forEach((place, offset) -> {
                            if (offset >= 0) {
                                offsets.put(place, offset);
                            }
                        });
                        return offsets;
                    });
        }
        Map<TopicPartition, Long> offsets = new HashMap<>(bounds.firsts());
        if (start instanceof Start.AtPosition at) {
            places.forEach((place, stream) -> {
                if (stream.partition(place.partition()).equals(at.position().partition())) {
                    long wanted = Math.max(at.position().offset(), offset(bounds.firsts(), place));
                    offsets.put(place, Math.min(wanted, offset(bounds.ends(), place)));
                }
            });
        }
        return CompletableFuture.completedStage(offsets);
    }

    private static long offset(Map<TopicPartition, Long> offsets, TopicPartition place) {
        return offsets.getOrDefault(place, 0L);
    }

    private CompletionStage<Map<TopicPartition, Long>> ask(Map<TopicPartition, StreamEntry> places, OffsetSpec spec) {
        Map<TopicPartition, OffsetSpec> asked = new HashMap<>();
        places.keySet().forEach(place -> asked.put(place, spec));
        try {
            return with.clients()
                    .admin()
                    .listOffsets(asked)
                    .all()
                    .toCompletionStage()
                    .thenApply(Starts::offsets);
        } catch (RuntimeException closed) {
            return CompletableFuture.failedStage(Clients.failure(closed));
        }
    }

    private static Map<TopicPartition, Long> offsets(Map<TopicPartition, ListOffsetsResultInfo> answers) {
        Map<TopicPartition, Long> offsets = new HashMap<>();
        answers.forEach((place, answer) -> offsets.put(place, answer.offset()));
        return offsets;
    }
}
