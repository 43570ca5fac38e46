package io.eventmesh.storage.kafka;

import io.eventmesh.common.topic.StreamName;
import io.eventmesh.spi.storage.Progress;
import io.eventmesh.spi.storage.StreamPartition;
import java.util.Comparator;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;

/**
 * How far groups are, as far as this runtime knows: at once what it committed itself, and what it heard of others when it
 * last asked. Thread-safe.
 */
final class KnownProgress {
    static final Comparator<StreamPartition> ORDER =
            Comparator.comparing(StreamPartition::stream).thenComparingInt(StreamPartition::index);

    private record Place(String incarnation, Uuid topicId, int partition) {}

    private final Map<Place, Progress> known = new ConcurrentHashMap<>();

    /** Takes in what was heard; what is known to be further stays. */
    void learned(String incarnation, Uuid topicId, int partition, Progress progress) {
        known.merge(new Place(incarnation, topicId, partition), progress, Progresses::merged);
    }

    @Nullable
    Progress of(String incarnation, Uuid topicId, int partition) {
        return known.get(new Place(incarnation, topicId, partition));
    }

    void forget(String incarnation) {
        known.keySet().removeIf(place -> place.incarnation().equals(incarnation));
    }

    void forget(Uuid topicId) {
        known.keySet().removeIf(place -> place.topicId().equals(topicId));
    }

    /** The progress in all partitions that a group reads now; where nothing is known it is before the first record. */
    Map<StreamPartition, Progress> of(GroupEntry group, Catalog catalog, Streams streams) {
        Map<StreamPartition, Progress> all = new TreeMap<>(ORDER);
        for (StreamName name : group.streams()) {
            catalog.stream(name).ifPresent(stream -> {
                for (int index = 0; index < stream.partitions(); index++) {
                    StreamPartition partition = stream.partition(index);
                    Progress progress = of(group.incarnation(), stream.topicId(), index);
                    all.put(partition, progress == null ? Progress.at(streams.first(partition)) : progress);
                }
            });
        }
        return all;
    }
}
