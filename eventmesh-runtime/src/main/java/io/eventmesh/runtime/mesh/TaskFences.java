package io.eventmesh.runtime.mesh;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.spi.mesh.TaskFence;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/**
 * The highest right seen of each task, from its own calls and from the meta store. Thread-safe.
 *
 * <p>A right that comes first by a call may be a late one of a task whose newer right has not arrived here yet: whoever
 * knows the meta store is told, to look there.
 */
final class TaskFences {
    /** A task that is gone from the meta store may be gone for good, or with the meta store's data. */
    private static final long KEPT_NANOS = Duration.ofMinutes(10).toNanos();

    private final Map<String, TaskFence> newest = new ConcurrentHashMap<>();
    private final Map<String, Long> gone = new ConcurrentHashMap<>();
    private final Consumer<TaskFence> raised;
    private final MeshClock clock;
    private volatile Consumer<String> called = task -> {};

    /** @param raised told when a task's right was replaced by a newer one */
    TaskFences(Consumer<TaskFence> raised, MeshClock clock) {
        this.raised = raised;
        this.clock = clock;
    }

    /** @param listener told of each task whose right came by a call first */
    void onCalled(Consumer<String> listener) {
        called = listener;
    }

    /** @throws EventMeshException FENCED when a newer right of the task was seen */
    void check(TaskFence fence) {
        TaskFence known = newest.get(fence.task());
        TaskFence highest = see(fence);
        if (known == null || fence.isNewerThan(known)) {
            called.accept(fence.task());
        }
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

    Optional<TaskFence> newest(String task) {
        return Optional.ofNullable(newest.get(task));
    }

    /** These and no other tasks are in the meta store now. Those that are gone are forgotten after a while. */
    void present(Set<String> tasks) {
        long now = clock.nanoTime();
        gone.keySet().removeAll(tasks);
        newest.keySet().stream().filter(task -> !tasks.contains(task)).forEach(task -> gone.putIfAbsent(task, now));
        gone.forEach((task, since) -> {
            if (now - since >= KEPT_NANOS) {
                newest.remove(task);
                gone.remove(task);
            }
        });
    }
}
