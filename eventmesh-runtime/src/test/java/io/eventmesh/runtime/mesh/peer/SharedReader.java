package io.eventmesh.runtime.mesh.peer;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.spi.storage.GroupReader;
import io.eventmesh.spi.storage.Peek;
import io.eventmesh.spi.storage.Progress;
import io.eventmesh.spi.storage.StoredRecord;
import io.eventmesh.spi.storage.StreamPartition;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;

/** One runtime's reader of a group of {@link SharedMemory}. */
final class SharedReader implements GroupReader {
    private static final int BATCH = 64;

    private static final class Part {
        private final long epoch;
        private final Progress start;
        private long next;
        private long demand;

        Part(long epoch, Progress start) {
            this.epoch = epoch;
            this.start = start;
            this.next = start.watermark();
        }
    }

    private final SharedMemory memory;
    private final SharedView view;
    private final SubscriptionName group;
    private final Listener listener;
    private final Map<StreamPartition, Part> parts = new ConcurrentHashMap<>();
    private volatile boolean closed;

    SharedReader(SharedMemory memory, SharedView view, SubscriptionName group, Listener listener) {
        this.memory = memory;
        this.view = view;
        this.group = group;
        this.listener = listener;
    }

    SubscriptionName group() {
        return group;
    }

    long epoch(StreamPartition partition) {
        Part part = parts.get(partition);
        return part == null ? 0 : part.epoch;
    }

    // in the memory's serial executor

    void assign(StreamPartition partition, Progress progress) {
        Part part = new Part(view.nextEpoch(), progress);
        parts.put(partition, part);
        if (!isDeaf()) {
            listener.assigned(partition, part.epoch, progress);
        }
    }

    CompletionStage<Void> releasing(StreamPartition partition) {
        Part part = parts.get(partition);
        return part == null || isDeaf()
                ? CompletableFuture.completedStage(null)
                : listener.releasing(partition, part.epoch);
    }

    void revoke(StreamPartition partition) {
        Part part = parts.remove(partition);
        if (part != null && !isDeaf()) {
            listener.revoked(partition, part.epoch);
        }
    }

    void pump(StreamPartition partition) {
        Part part = parts.get(partition);
        while (part != null && part.demand > 0 && !isDeaf() && parts.get(partition) == part) {
            Peek peek = memory.behind
                    .peek(partition, part.next, BATCH, part.demand)
                    .toCompletableFuture()
                    .join();
            if (peek.records().isEmpty()) {
                return;
            }
            List<StoredRecord> fresh = new ArrayList<>();
            for (StoredRecord record : peek.records()) {
                if (!part.start.isDone(record.position().offset())) {
                    fresh.add(record);
                    part.demand -= record.record().size();
                }
            }
            part.next = peek.next();
            if (!fresh.isEmpty()) {
                listener.records(partition, part.epoch, fresh);
            }
        }
    }

    private boolean isDeaf() {
        return closed || view.isDead();
    }

    // by anybody

    @Override
    public void request(StreamPartition partition, long bytes) {
        memory.step(() -> {
            Part part = parts.get(partition);
            if (part != null) {
                long sum = part.demand + bytes;
                part.demand = sum < part.demand ? Long.MAX_VALUE : sum;
                pump(partition);
            }
        });
    }

    @Override
    public CompletionStage<Void> commit(StreamPartition partition, long epoch, Progress progress) {
        CompletableFuture<Void> answer = new CompletableFuture<>();
        boolean late = closed;
        memory.step(() -> {
            if (late || view.isDead() || !memory.isOwner(group, partition, this, epoch)) {
                answer.completeExceptionally(
                        new EventMeshException(ErrorCode.FENCED, "epoch of %s: %d".formatted(partition, epoch)));
            } else {
                memory.of(group)
                        .progress
                        .merge(partition, progress, (was, is) -> is.watermark() >= was.watermark() ? is : was);
                answer.complete(null);
            }
        });
        return answer;
    }

    @Override
    public void close() {
        closed = true;
        memory.closed(group, this);
    }
}
