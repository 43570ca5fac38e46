package io.eventmesh.runtime.mesh;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.spi.mesh.TaskFence;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/** The highest right seen of each task, from its own calls and from the meta store. Thread-safe. */
final class TaskFences {
    private final Map<String, TaskFence> newest = new ConcurrentHashMap<>();
    private final Consumer<TaskFence> raised;

    /** @param raised told when a task's right was replaced by a newer one */
    TaskFences(Consumer<TaskFence> raised) {
        this.raised = raised;
    }

    /** @throws EventMeshException FENCED when a newer right of the task was seen */
    void check(TaskFence fence) {
        TaskFence highest = see(fence);
        if (highest.isNewerThan(fence)) {
            throw new EventMeshException(
                    ErrorCode.FENCED,
                    "task %s: (term, epoch) (%d, %d) (expected: (%d, %d) or newer)"
                            .formatted(fence.task(), fence.term(), fence.epoch(), highest.term(), highest.epoch()));
        }
    }

    /** Notes a right; answers the highest of the task. */
    TaskFence see(TaskFence fence) {
        TaskFence known = newest.get(fence.task());
        if (known != null && !fence.isNewerThan(known)) {
            return known;
        }
        TaskFence highest = newest.merge(fence.task(), fence, (old, now) -> now.isNewerThan(old) ? now : old);
        if (known != null && highest.equals(fence)) {
            raised.accept(fence);
        }
        return highest;
    }

    /** Forgets a task that is gone for good. */
    void forget(String task) {
        newest.remove(task);
    }
}
