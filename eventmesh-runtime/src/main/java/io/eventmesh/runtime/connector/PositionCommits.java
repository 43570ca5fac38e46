package io.eventmesh.runtime.connector;

import com.google.protobuf.ByteString;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.proto.v1.Position;
import io.eventmesh.runtime.admin.TaskRecords;
import io.eventmesh.spi.mesh.TaskFence;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;

/**
 * Stores a source's positions at the admin: of each partition the newest, one commit at a time, at most so often.
 *
 * <p>While no admin answers, what waits is one position a partition, so that an outage costs no memory. A commit whose
 * outcome is unknown is repeated under a new seq, which must only grow. Used by the task's thread.
 */
final class PositionCommits {
    private static final Duration ANSWER = Duration.ofSeconds(12);

    private final TaskRecords records;
    private final TaskFence fence;
    private final TaskControl control;
    private final TaskStats stats;
    private final long intervalNanos;
    private final int everyRecords;

    private final Map<String, byte[]> ready = new LinkedHashMap<>();
    private final Map<String, byte[]> stored = new LinkedHashMap<>();
    private final Map<String, Long> seqs = new HashMap<>();
    private int recordsReady;
    private long lastNanos;
    private Map<String, byte[]> sent = Map.of();
    private volatile CommitAnswer answer = CommitAnswer.NONE;
    private boolean waiting;

    PositionCommits(
            TaskRecords records,
            TaskFence fence,
            TaskControl control,
            TaskStats stats,
            ConnectorConfig config,
            long now) {
        this.records = records;
        this.fence = fence;
        this.control = control;
        this.stats = stats;
        this.intervalNanos = config.commitInterval().toNanos();
        this.everyRecords = config.commitRecords();
        this.lastNanos = now;
    }

    /** The positions that the task's last owner had stored. */
    Map<String, byte[]> load() throws InterruptedException {
        Map<String, byte[]> positions = new LinkedHashMap<>();
        for (Position position : control.outcome(records.positions(fence), ANSWER)) {
            positions.put(position.getPartition(), position.getValue().toByteArray());
            seqs.put(position.getPartition(), position.getSeq());
        }
        return positions;
    }

    /** All records of the partition up to this position are done. */
    void acked(String partition, byte[] position) {
        ready.put(partition, position);
        recordsReady++;
    }

    /** Takes the answer of the last commit, and starts the next one when it is due. */
    void step(long now) {
        takeAnswer();
        boolean due = recordsReady >= everyRecords || now - lastNanos >= intervalNanos;
        if (!waiting && !ready.isEmpty() && due && control.works()) {
            send(now);
        }
    }

    /**
     * Stores what is ready, now.
     *
     * @return whether all is stored
     */
    boolean flush(long now, Duration bound) throws InterruptedException {
        long until = now + bound.toNanos();
        int tries = 0;
        while (true) {
            long seen = control.changes();
            takeAnswer();
            if (!waiting && ready.isEmpty()) {
                return true;
            }
            control.requireHeld();
            long left = until - nanoTime();
            if (left <= 0) {
                return false;
            }
            if (!waiting && control.works()) {
                if (tries++ > 0) {
                    control.await(seen);
                }
                send(nanoTime());
            } else {
                control.await(seen);
            }
        }
    }

    /** What was stored since the last call, for the plugin. */
    Map<String, byte[]> takeStored() {
        if (stored.isEmpty()) {
            return Map.of();
        }
        Map<String, byte[]> taken = new LinkedHashMap<>(stored);
        stored.clear();
        return taken;
    }

    private long nanoTime() {
        return control.nanoTime();
    }

    private void send(long now) {
        sent = new LinkedHashMap<>(ready);
        ready.clear();
        recordsReady = 0;
        lastNanos = now;
        waiting = true;
        List<Position> positions = new ArrayList<>();
        sent.forEach((partition, value) -> positions.add(Position.newBuilder()
                .setPartition(partition)
                .setSeq(seqs.merge(partition, 1L, Long::sum))
                .setValue(ByteString.copyFrom(value))
                .build()));
        answer = CommitAnswer.NONE;
        CompletionStage<Void> stage = records.commit(fence, positions);
        stage.whenComplete((done, failure) -> {
            answer = failure == null ? CommitAnswer.STORED : CommitAnswer.failed(EventMeshException.of(failure));
            control.wake();
        });
    }

    private void takeAnswer() {
        CommitAnswer came = answer;
        if (!waiting || !came.came()) {
            return;
        }
        waiting = false;
        EventMeshException failure = came.failure();
        if (failure == null) {
            stored.putAll(sent);
            stats.committedSeq(
                    seqs.values().stream().mapToLong(Long::longValue).max().orElse(0));
        } else if (failure.code() == ErrorCode.FENCED || failure.code() == ErrorCode.NOT_FOUND) {
            throw new EventMeshException(ErrorCode.FENCED, failure.reason(), failure);
        } else if (failure.code() == ErrorCode.REQUEST_INVALID) {
            // repeated, it would be refused for ever, and the position would stand still unseen
            throw failure;
        } else {
            // newer positions of the same partitions stand for the older ones
            sent.forEach(ready::putIfAbsent);
        }
        sent = Map.of();
    }
}
