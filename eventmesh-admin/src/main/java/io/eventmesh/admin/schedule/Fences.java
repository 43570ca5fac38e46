package io.eventmesh.admin.schedule;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.spi.mesh.TaskFence;
import io.eventmesh.spi.meta.MetaPaths;
import io.eventmesh.spi.meta.MetaStore;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * The newest right of each task in the meta store, {@code term:epoch}, which doors read to refuse older ones.
 *
 * <p>Thread-safe, never blocks.
 */
final class Fences {
    private final MetaStore meta;

    Fences(MetaStore meta) {
        this.meta = meta;
    }

    /**
     * Raises a task's fence. Fails with FENCED when there is a newer one, which a late write of a former leader must
     * not lower.
     */
    CompletionStage<Void> raise(Write.Fence fence) {
        String path = path(fence.task());
        return meta.get(path).thenCompose(there -> put(path, fence, there));
    }

    private CompletionStage<Void> put(String path, Write.Fence fence, Optional<MetaStore.Versioned> there) {
        TaskFence right = new TaskFence(fence.task(), fence.term(), fence.epoch());
        if (there.isPresent()) {
            TaskFence published = parse(fence.task(), there.get().value());
            if (published.equals(right)) {
                return CompletableFuture.completedFuture(null);
            }
            if (published.isNewerThan(right)) {
                return CompletableFuture.failedFuture(new EventMeshException(
                        ErrorCode.FENCED,
                        "right: (%d, %d) (expected: newer than (%d, %d))"
                                .formatted(right.term(), right.epoch(), published.term(), published.epoch())));
            }
        }
        byte[] value = (right.term() + ":" + right.epoch()).getBytes(StandardCharsets.UTF_8);
        long expected = there.map(MetaStore.Versioned::version).orElse(MetaStore.ABSENT);
        return meta.put(path, value, expected).thenApply(version -> null);
    }

    /** Forgets a task that has ended. */
    CompletionStage<Void> forget(String task) {
        return meta.delete(path(task), MetaStore.ANY);
    }

    private static TaskFence parse(String task, byte[] value) {
        String[] parts = new String(value, StandardCharsets.UTF_8).split(":", -1);
        try {
            return new TaskFence(task, Long.parseLong(parts[0]), Long.parseLong(parts[1]));
        } catch (NumberFormatException | ArrayIndexOutOfBoundsException unreadable) {
            throw new EventMeshException(
                    ErrorCode.DATA_CORRUPT, "fence of a task unreadable (expected: term:epoch)", unreadable);
        }
    }

    private static String path(String task) {
        return MetaPaths.FENCES + "/" + task;
    }
}
