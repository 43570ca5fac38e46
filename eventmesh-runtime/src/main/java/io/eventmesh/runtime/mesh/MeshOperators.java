package io.eventmesh.runtime.mesh;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.common.topic.StreamName;
import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.common.topic.TopicName;
import io.eventmesh.runtime.mesh.lane.TargetLanes;
import io.eventmesh.spi.mesh.CallContext;
import io.eventmesh.spi.mesh.DeadLetterDesk;
import io.eventmesh.spi.mesh.GroupPlace;
import io.eventmesh.spi.mesh.MeshAdmin;
import io.eventmesh.spi.mesh.StreamDetail;
import io.eventmesh.spi.mesh.SubscriptionDetail;
import io.eventmesh.spi.mesh.TargetStatus;
import io.eventmesh.spi.security.Principal;
import io.eventmesh.spi.storage.GroupInfo;
import io.eventmesh.spi.storage.Peek;
import io.eventmesh.spi.storage.Progress;
import io.eventmesh.spi.storage.Start;
import io.eventmesh.spi.storage.Storage;
import io.eventmesh.spi.storage.StreamInfo;
import io.eventmesh.spi.storage.StreamPartition;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What operators do to the streams and subscriptions of this runtime. Thread-safe, never blocks. */
final class MeshOperators implements MeshAdmin {
    private static final int MAX_PEEK = 1_000;
    private static final int MAX_TARGETS = 500;
    private static final long MAX_PEEK_BYTES = 1 << 20;

    private record Looked(GroupPlace place, long oldestMillis) {}

    private final ServingState serving;
    private final Storage storage;
    private final Streams streams;
    private final Subscribing subscribing;
    private final Subscriptions subscriptions;
    private final Overview overview;
    private final DeadLetterStreams letters;
    private final DeadLetterDesk desk;
    private final MeshClock clock;
    private final CallContext caller;
    private volatile @Nullable TargetLanes targets;

    MeshOperators(
            ServingState serving,
            Storage storage,
            Streams streams,
            Subscribing subscribing,
            Subscriptions subscriptions,
            Overview overview,
            DeadLetterStreams letters,
            DeadLetterDesk desk,
            MeshClock clock,
            String runtimeId) {
        this.serving = serving;
        this.storage = storage;
        this.streams = streams;
        this.subscribing = subscribing;
        this.subscriptions = subscriptions;
        this.overview = overview;
        this.letters = letters;
        this.desk = desk;
        this.clock = clock;
        this.caller = CallContext.of(Principal.runtime(runtimeId), "admin");
    }

    // streams

    @Override
    public CompletionStage<Boolean> createStream(StreamName stream, int partitions) {
        return attempt(() -> {
            if (TopicName.of(stream.name()).isReserved()) {
                throw new EventMeshException(
                        ErrorCode.REQUEST_INVALID,
                        "stream: '%s' (expected: a name that does not begin with _)".formatted(stream.name()));
            }
            return streams.create(stream, partitions);
        });
    }

    @Override
    public CompletionStage<StreamDetail> stream(StreamName stream) {
        return attempt(() -> {
            StreamInfo info = require(stream);
            List<CompletionStage<StreamDetail.Bounds>> bounds = new ArrayList<>();
            for (int i = 0; i < info.settings().partitions(); i++) {
                int index = i;
                bounds.add(storage.peek(new StreamPartition(stream, index), Long.MAX_VALUE, 1, 1)
                        .thenApply(peek -> new StreamDetail.Bounds(index, peek.first(), peek.end())));
            }
            List<SubscriptionName> groups = storage.groups().stream()
                    .filter(group -> !DeadLetterStreams.isStanding(group.name())
                            && group.progress().keySet().stream()
                                    .anyMatch(partition -> partition.stream().equals(stream)))
                    .map(GroupInfo::name)
                    .toList();
            return all(bounds).thenApply(found -> new StreamDetail(overview.status(info), found, groups));
        });
    }

    @Override
    public CompletionStage<Boolean> deleteStream(StreamName stream) {
        return attempt(() -> {
            if (storage.stream(stream).isEmpty()) {
                return CompletableFuture.completedStage(false);
            }
            streams.forget(stream);
            return storage.deleteStream(stream)
                    .thenCompose(deleted -> letters.forget(stream))
                    .thenApply(forgotten -> {
                        // whoever used it meanwhile has to make it anew
                        streams.forget(stream);
                        return true;
                    });
        });
    }

    @Override
    public CompletionStage<Long> purgeStream(StreamName stream) {
        return attempt(() -> {
            require(stream);
            return storage.purgeStream(stream);
        });
    }

    @Override
    public CompletionStage<Peek> peek(StreamPartition partition, long from, int maxEvents, long maxBytes) {
        return attempt(() -> {
            StreamInfo stream = require(partition.stream());
            if (partition.index() < 0 || partition.index() >= stream.settings().partitions()) {
                throw new EventMeshException(
                        ErrorCode.REQUEST_INVALID,
                        "partition: %d (expected: 0..%d)"
                                .formatted(partition.index(), stream.settings().partitions() - 1));
            }
            return storage.peek(
                    partition,
                    Math.max(0, from),
                    Math.max(1, Math.min(maxEvents, MAX_PEEK)),
                    Math.max(1, Math.min(maxBytes, MAX_PEEK_BYTES)));
        });
    }

    private StreamInfo require(StreamName stream) {
        return storage.stream(stream)
                .orElseThrow(() -> new EventMeshException(
                        ErrorCode.TOPIC_NOT_FOUND, "stream: '%s' (expected: one that exists)".formatted(stream)));
    }

    // subscriptions

    @Override
    public CompletionStage<SubscriptionDetail> subscription(SubscriptionName name) {
        return attempt(() -> detail(overview.require(name)));
    }

    private CompletionStage<SubscriptionDetail> detail(GroupInfo info) {
        List<CompletionStage<Looked>> looks = new ArrayList<>();
        info.progress().forEach((partition, progress) -> looks.add(look(partition, progress)));
        return all(looks).thenApply(looked -> {
            long oldest = looked.stream()
                    .mapToLong(Looked::oldestMillis)
                    .filter(millis -> millis > 0)
                    .min()
                    .orElse(0);
            return new SubscriptionDetail(
                    overview.status(info),
                    info.paused(),
                    oldest,
                    oldest == 0 ? 0 : Math.max(0, clock.millis() - oldest),
                    looked.stream().map(Looked::place).toList());
        });
    }

    private CompletionStage<Looked> look(StreamPartition partition, Progress progress) {
        return storage.peek(partition, progress.watermark(), 1, 1)
                .thenApply(peek -> new Looked(
                        new GroupPlace(partition, progress.watermark(), progress.ackedAbove(), peek.end()),
                        peek.records().isEmpty()
                                ? 0
                                : peek.records().get(0).record().appendTimeMillis()));
    }

    @Override
    public CompletionStage<SubscriptionDetail> pause(SubscriptionName name, boolean paused) {
        return attempt(() -> {
            overview.require(name);
            return subscriptions.pause(name, paused).thenCompose(done -> subscription(name));
        });
    }

    @Override
    public CompletionStage<Seek> seek(SubscriptionName name, Start start, boolean dryRun) {
        return attempt(() -> {
            GroupInfo info = overview.require(name);
            if (Subscribing.isPassing(name)) {
                throw new EventMeshException(
                        ErrorCode.REQUEST_INVALID,
                        "subscription: %s of a broadcast's member (expected: one that is kept)".formatted(name));
            }
            requireWithin(info, start);
            return detail(info).thenCompose(before -> {
                CompletionStage<List<GroupPlace>> after = dryRun
                        ? expected(before.places(), start)
                        : subscriptions
                                .seek(name, start)
                                .thenCompose(moved -> subscription(name))
                                .thenApply(SubscriptionDetail::places);
                return after.thenApply(places -> new Seek(before.places(), places));
            });
        });
    }

    private static void requireWithin(GroupInfo info, Start start) {
        if (start instanceof Start.AtPosition at
                && !info.progress().containsKey(at.position().partition())) {
            throw new EventMeshException(
                    ErrorCode.REQUEST_INVALID,
                    "position: %s (expected: in a partition that %s reads)".formatted(at.position(), info.name()));
        }
    }

    private CompletionStage<List<GroupPlace>> expected(List<GroupPlace> places, Start start) {
        List<CompletionStage<GroupPlace>> all = new ArrayList<>();
        for (GroupPlace place : places) {
            StreamPartition partition = place.partition();
            all.add(storage.peek(partition, Long.MAX_VALUE, 1, 1)
                    .thenCompose(peek -> offset(partition, start, peek)
                            .thenApply(offset -> new GroupPlace(partition, offset, 0, peek.end()))));
        }
        return all(all);
    }

    private CompletionStage<Long> offset(StreamPartition partition, Start start, Peek bounds) {
        if (start instanceof Start.Latest) {
            return CompletableFuture.completedStage(bounds.end());
        }
        if (start instanceof Start.AtTime at) {
            return firstSince(partition, at.time().toEpochMilli(), bounds.first(), bounds.end());
        }
        if (start instanceof Start.AtPosition at && at.position().partition().equals(partition)) {
            return CompletableFuture.completedStage(
                    Math.max(bounds.first(), Math.min(at.position().offset(), bounds.end())));
        }
        return CompletableFuture.completedStage(bounds.first());
    }

    /** By halves, as if append times never went back. */
    private CompletionStage<Long> firstSince(StreamPartition partition, long millis, long low, long high) {
        if (low >= high) {
            return CompletableFuture.completedStage(low);
        }
        long middle = (low + high) >>> 1;
        return storage.peek(partition, middle, 1, 1).thenCompose(peek -> {
            boolean before =
                    !peek.records().isEmpty() && peek.records().get(0).record().appendTimeMillis() < millis;
            return before
                    ? firstSince(partition, millis, middle + 1, high)
                    : firstSince(partition, millis, low, middle);
        });
    }

    @Override
    public CompletionStage<Boolean> deleteSubscription(SubscriptionName name) {
        return attempt(() -> {
            if (DeadLetterStreams.isStanding(name)) {
                overview.require(name);
            }
            return subscribing.delete(caller, name);
        });
    }

    /** Whoever delivers to targets here says how they are. */
    void targets(TargetLanes lanes) {
        targets = lanes;
    }

    @Override
    public CompletionStage<List<TargetStatus>> targets(String namespace, String rule, String after, int limit) {
        return attempt(() -> {
            TargetLanes lanes = targets;
            int bound = limit <= 0 ? MAX_TARGETS : Math.min(limit, MAX_TARGETS);
            return lanes == null
                    ? CompletableFuture.completedStage(List.of())
                    : lanes.statuses(namespace, rule, after, bound);
        });
    }

    @Override
    public DeadLetterDesk deadLetters() {
        return desk;
    }

    private <T> CompletionStage<T> attempt(Supplier<CompletionStage<T>> step) {
        try {
            serving.require();
            return step.get();
        } catch (EventMeshException refused) {
            return CompletableFuture.failedStage(refused);
        }
    }

    /** Completes with all of them in their order, or as one of them fails. */
    static <T> CompletionStage<List<T>> all(List<CompletionStage<T>> stages) {
        CompletionStage<List<T>> all = CompletableFuture.completedStage(new ArrayList<>(stages.size()));
        BiFunction<List<T>, T, List<T>> add = (list, one) -> {
            list.add(one);
            return list;
        };
        for (CompletionStage<T> stage : stages) {
            all = all.thenCombine(stage, add);
        }
        return all;
    }
}
