package io.eventmesh.runtime.connector;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.proto.v1.Position;
import io.eventmesh.proto.v1.TaskDefinition;
import io.eventmesh.runtime.admin.TaskRecords;
import io.eventmesh.spi.mesh.TaskFence;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** An admin's records of one task, in memory. Thread-safe. */
final class FakeRecords implements TaskRecords {
    private final Map<String, Position> positions = new LinkedHashMap<>();
    private volatile TaskDefinition definition = TaskDefinition.getDefaultInstance();
    private volatile @Nullable ErrorCode refusal;
    private int commits;

    void define(TaskDefinition task) {
        definition = task;
    }

    /** From now on commits fail; null accepts again. */
    void refuseCommits(@Nullable ErrorCode code) {
        refusal = code;
    }

    synchronized @Nullable String position(String partition) {
        Position position = positions.get(partition);
        return position == null ? null : position.getValue().toStringUtf8();
    }

    synchronized int commits() {
        return commits;
    }

    @Override
    public CompletionStage<TaskDefinition> definition(String task, long configRev) {
        return CompletableFuture.completedFuture(definition);
    }

    @Override
    public synchronized CompletionStage<List<Position>> positions(TaskFence fence) {
        return CompletableFuture.completedFuture(List.copyOf(positions.values()));
    }

    @Override
    public synchronized CompletionStage<Void> commit(TaskFence fence, List<Position> committed) {
        ErrorCode no = refusal;
        if (no != null) {
            return CompletableFuture.failedFuture(new EventMeshException(no, "refused"));
        }
        for (Position position : committed) {
            Position before = positions.get(position.getPartition());
            if (before != null && before.getSeq() >= position.getSeq()) {
                return CompletableFuture.failedFuture(new EventMeshException(ErrorCode.FENCED, "seq went back"));
            }
        }
        commits++;
        committed.forEach(position -> positions.put(position.getPartition(), position));
        return CompletableFuture.completedFuture(null);
    }
}
