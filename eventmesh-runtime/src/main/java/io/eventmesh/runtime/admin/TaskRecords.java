package io.eventmesh.runtime.admin;

import io.eventmesh.proto.v1.Position;
import io.eventmesh.proto.v1.TaskDefinition;
import io.eventmesh.spi.mesh.TaskFence;
import java.util.List;
import java.util.concurrent.CompletionStage;

/**
 * What the admin keeps of a task. Thread-safe, never blocks.
 *
 * <p>Stages fail with META_UNAVAILABLE when no leading admin answers (whether a commit took effect is unknown then) and
 * with whatever the admin refused with.
 */
public interface TaskRecords {
    /** A task's configuration at a revision; NOT_FOUND when it is gone. */
    CompletionStage<TaskDefinition> definition(String task, long configRev);

    /** The committed source positions, for the owner of the task; FENCED for anybody else. */
    CompletionStage<List<Position>> positions(TaskFence fence);

    /** Stores source positions; FENCED when the right is an old one or a seq went back. */
    CompletionStage<Void> commit(TaskFence fence, List<Position> positions);
}
