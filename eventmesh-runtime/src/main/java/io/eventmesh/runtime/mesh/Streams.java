package io.eventmesh.runtime.mesh;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.StreamName;
import io.eventmesh.spi.storage.EventRecord;
import io.eventmesh.spi.storage.Position;
import io.eventmesh.spi.storage.Storage;
import io.eventmesh.spi.storage.StreamInfo;
import io.eventmesh.spi.storage.StreamSettings;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Appends to streams, making them by use where that is allowed. The first use of a stream in this process waits until
 * every group that wants the stream reads it; appends that wait keep their order. Thread-safe.
 */
final class Streams {
    private static final Logger log = LoggerFactory.getLogger(Streams.class);

    /** What has to be done before the first append to a stream that exists. */
    @FunctionalInterface
    interface FirstUse {
        CompletionStage<Void> before(StreamName stream);
    }

    private final Storage storage;
    private final TopicsConfig config;
    private final Quotas quotas;
    private final FirstUse firstUse;
    private final Set<StreamName> known = ConcurrentHashMap.newKeySet();
    private final Map<StreamName, Making> making = new ConcurrentHashMap<>();

    Streams(Storage storage, TopicsConfig config, Quotas quotas, FirstUse firstUse) {
        this.storage = storage;
        this.config = config;
        this.quotas = quotas;
        this.firstUse = firstUse;
    }

    /** Appends, with an answer for each record. */
    List<CompletionStage<Position>> append(StreamName stream, List<EventRecord> records, int spread) {
        if (known.contains(stream)) {
            return storage.append(stream, records, spread);
        }
        List<CompletionStage<Position>> answers = new ArrayList<>(records.size());
        List<CompletableFuture<Position>> open = new ArrayList<>(records.size());
        records.forEach(record -> open.add(new CompletableFuture<>()));
        answers.addAll(open);
        whenReady(stream, failure -> {
            if (failure == null) {
                append(stream, records, spread, open);
            } else {
                open.forEach(answer -> answer.completeExceptionally(failure));
            }
        });
        return answers;
    }

    private void append(
            StreamName stream, List<EventRecord> records, int spread, List<CompletableFuture<Position>> answers) {
        List<CompletionStage<Position>> stored;
        try {
            stored = storage.append(stream, records, spread);
        } catch (RuntimeException defect) {
            // others wait behind this one
            answers.forEach(answer -> answer.completeExceptionally(EventMeshException.of(defect)));
            return;
        }
        for (int i = 0; i < answers.size(); i++) {
            CompletableFuture<Position> answer = answers.get(i);
            stored.get(i).whenComplete((position, thrown) -> {
                if (thrown == null) {
                    answer.complete(position);
                } else {
                    answer.completeExceptionally(EventMeshException.of(thrown));
                }
            });
        }
    }

    /** Forgets that the stream exists, since an append said otherwise. */
    void forget(StreamName stream) {
        known.remove(stream);
    }

    /** Completes when all the streams exist. Fails with TOPIC_NOT_FOUND when one does not and may not be made. */
    CompletionStage<Void> ready(Collection<StreamName> streams) {
        CompletableFuture<Void> all = CompletableFuture.completedFuture(null);
        for (StreamName stream : streams) {
            CompletableFuture<Void> one = new CompletableFuture<>();
            whenReady(stream, failure -> {
                if (failure == null) {
                    one.complete(null);
                } else {
                    one.completeExceptionally(failure);
                }
            });
            all = all.thenCombine(one, (a, b) -> null);
        }
        return all;
    }

    private interface Waiter {
        void ready(@Nullable EventMeshException failure);
    }

    private void whenReady(StreamName stream, Waiter waiter) {
        if (known.contains(stream)) {
            waiter.ready(null);
            return;
        }
        while (true) {
            Making current = making.computeIfAbsent(stream, Making::new);
            if (current.add(waiter)) {
                return;
            }
            making.remove(stream, current);
        }
    }

    /**
     * Makes a stream as an operator wishes.
     *
     * @param partitions 0 for as many as those have that are made by use
     * @return whether it is new
     */
    CompletionStage<Boolean> create(StreamName stream, int partitions) {
        StreamSettings settings = new StreamSettings(partitions == 0 ? config.partitions() : partitions);
        boolean isNew = storage.stream(stream).isEmpty();
        return storage.createStream(stream, settings)
                .thenCompose(made -> ready(Set.of(stream)))
                .thenApply(ready -> isNew);
    }

    /** Completes with true when the stream was made. */
    private CompletionStage<Boolean> make(StreamName stream) {
        if (storage.stream(stream).isPresent()) {
            return CompletableFuture.completedStage(false);
        }
        boolean own = stream.name().startsWith("_");
        if (!config.autoCreate() && !own) {
            return CompletableFuture.failedStage(new EventMeshException(
                    ErrorCode.TOPIC_NOT_FOUND,
                    "stream: '%s' (expected: one that exists, since topics.auto-create is false)"
                            .formatted(stream.name())));
        }
        if (!own) {
            quotas.checkStreams(
                    stream.namespace(),
                    () -> storage.streams().stream()
                            .map(StreamInfo::name)
                            .filter(each -> each.namespace().equals(stream.namespace())
                                    && !each.name().startsWith("_"))
                            .count());
        }
        return storage.createStream(stream, new StreamSettings(config.partitions(), isYielding(stream)))
                .handle((nothing, thrown) -> {
                    EventMeshException failure = thrown == null ? null : EventMeshException.of(thrown);
                    if (failure != null && failure.code() != ErrorCode.ALREADY_EXISTS) {
                        throw failure;
                    }
                    return failure == null;
                });
    }

    /** Where events wait that their destination does not take: others must not wait behind these for room. */
    private static boolean isYielding(StreamName stream) {
        return DeadLetterStreams.isOne(stream) || TargetBacklogs.isOne(stream);
    }

    /** A stream that is used for the first time, and who waits for it. */
    private final class Making {
        private final StreamName stream;
        private final Queue<Waiter> waiters = new ArrayDeque<>();
        private boolean begun;
        private boolean over;

        Making(StreamName stream) {
            this.stream = stream;
        }

        /** Answers false when it is over, so that the waiter has to look again. */
        boolean add(Waiter waiter) {
            boolean first;
            synchronized (this) {
                if (over) {
                    return false;
                }
                waiters.add(waiter);
                first = !begun;
                begun = true;
            }
            if (first) {
                begin();
            }
            return true;
        }

        private void begin() {
            CompletionStage<Boolean> made;
            try {
                made = make(stream);
            } catch (RuntimeException refused) {
                // whoever waits must be told, whatever it is
                made = CompletableFuture.failedStage(refused);
            }
            made.thenCompose(isNew -> {
                        if (isNew) {
                            log.info("Stream made by use. stream={} partitions={}", stream, config.partitions());
                        }
                        return firstUse.before(stream);
                    })
                    .whenComplete((nothing, thrown) -> serve(thrown == null ? null : EventMeshException.of(thrown)));
        }

        /** Whoever comes meanwhile is served after those who waited, so that appends keep their order. */
        private void serve(@Nullable EventMeshException failure) {
            while (true) {
                Waiter next;
                synchronized (this) {
                    next = waiters.poll();
                    if (next == null) {
                        over = true;
                        if (failure == null) {
                            known.add(stream);
                        }
                        break;
                    }
                }
                next.ready(failure);
            }
            making.remove(stream, this);
        }
    }
}
