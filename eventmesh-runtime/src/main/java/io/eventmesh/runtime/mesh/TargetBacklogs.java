package io.eventmesh.runtime.mesh;

import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.common.topic.StreamName;
import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.common.topic.TopicName;
import io.eventmesh.runtime.delivery.DeadLetter;
import io.eventmesh.runtime.mesh.lane.Backlogs;
import io.eventmesh.spi.storage.DeliveryTerms;
import io.eventmesh.spi.storage.EventRecord;
import io.eventmesh.spi.storage.GroupInfo;
import io.eventmesh.spi.storage.Progress;
import io.eventmesh.spi.storage.Start;
import io.eventmesh.spi.storage.Storage;
import io.eventmesh.spi.storage.StreamInfo;
import io.eventmesh.spi.storage.StreamPartition;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** What waits for targets, as the storage keeps it. Thread-safe, never blocks. */
final class TargetBacklogs implements Backlogs {
    /** What the names of outboxes begin with; namespace and bus follow. */
    private static final String OUTBOXES = "_t/";

    private final Storage storage;
    private final StreamMap map;
    private final Streams streams;
    private final Subscriptions subscriptions;
    private final MeshClock clock;

    TargetBacklogs(Storage storage, StreamMap map, Streams streams, Subscriptions subscriptions, MeshClock clock) {
        this.storage = storage;
        this.map = map;
        this.streams = streams;
        this.subscriptions = subscriptions;
        this.clock = clock;
    }

    /** Whether events wait there for one target; an outbox has a name without the target. */
    static boolean isOne(StreamName stream) {
        String name = stream.name();
        return name.startsWith(OUTBOXES)
                && name.chars().filter(each -> each == '/').count() > 2;
    }

    private StreamName stream(SubscriptionName group) {
        return map.streamOf(group.namespace(), topic(group));
    }

    private static TopicName topic(SubscriptionName group) {
        return TopicName.of(group.pattern().value());
    }

    @Override
    public boolean isThere(SubscriptionName group) {
        return storage.stream(stream(group)).isPresent();
    }

    @Override
    public long waiting(SubscriptionName group) {
        return storage.group(group)
                .map(info -> info.lagEvents() + info.parked())
                .orElse(0L);
    }

    @Override
    public CompletionStage<Long> oldestMillis(SubscriptionName group) {
        GroupInfo info = storage.group(group).orElse(null);
        if (info == null) {
            return CompletableFuture.completedStage(0L);
        }
        List<CompletionStage<Long>> looks = new ArrayList<>();
        info.progress()
                .forEach((partition, progress) -> looks.add(storage.peek(partition, progress.watermark(), 1, 1)
                        .thenApply(peek -> peek.records().isEmpty()
                                ? 0L
                                : peek.records().get(0).record().appendTimeMillis())));
        return MeshOperators.all(looks)
                .thenApply(found -> found.stream()
                        .mapToLong(Long::longValue)
                        .filter(millis -> millis > 0)
                        .min()
                        .orElse(0));
    }

    @Override
    public CompletionStage<Void> make(SubscriptionName group) {
        return subscriptions.make(group, DeliveryTerms.DEFAULT, Start.earliest());
    }

    @Override
    public CompletionStage<?> append(SubscriptionName group, EventRecord record, String target) {
        EventRecord there = new EventRecord(
                topic(group),
                record.key(),
                clock.millis(),
                record.hops(),
                target,
                record.principal(),
                record.traceparent(),
                0,
                record.event());
        return streams.append(stream(group), List.of(there), group.hashCode()).get(0);
    }

    @Override
    public CompletionStage<Boolean> isDone(SubscriptionName group) {
        StreamInfo stream = storage.stream(stream(group)).orElse(null);
        if (stream == null) {
            return CompletableFuture.completedStage(true);
        }
        List<CompletionStage<Boolean>> ends = new ArrayList<>();
        for (int i = 0; i < stream.settings().partitions(); i++) {
            StreamPartition partition = new StreamPartition(stream.name(), i);
            ends.add(storage.peek(partition, Long.MAX_VALUE, 1, 1)
                    .thenApply(peek -> peek.first() == peek.end() || watermark(group, partition) >= peek.end()));
        }
        return MeshOperators.all(ends)
                .thenApply(all -> all.stream().allMatch(Boolean::booleanValue)
                        && storage.group(group).map(GroupInfo::parked).orElse(0L) == 0);
    }

    private long watermark(SubscriptionName group, StreamPartition partition) {
        return storage.group(group)
                .map(info -> info.progress().get(partition))
                .map(Progress::watermark)
                .orElse(0L);
    }

    @Override
    public CompletionStage<Void> remove(SubscriptionName group) {
        StreamName stream = stream(group);
        return subscriptions.delete(group, () -> true).thenCompose(deleted -> {
            streams.forget(stream);
            return storage.deleteStream(stream);
        });
    }

    @Override
    public List<SubscriptionName> all() {
        try {
            return storage.groups().stream()
                    .map(GroupInfo::name)
                    .filter(name -> name.group().startsWith(DeadLetter.TARGETS)
                            && name.group().indexOf('/', DeadLetter.TARGETS.length()) > 0)
                    .toList();
        } catch (EventMeshException unavailable) {
            return List.of();
        }
    }
}
