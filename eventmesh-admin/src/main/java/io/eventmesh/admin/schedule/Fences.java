package io.eventmesh.admin.schedule;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.time.Scheduler;
import io.eventmesh.spi.mesh.TaskFence;
import io.eventmesh.spi.meta.MetaPaths;
import io.eventmesh.spi.meta.MetaStore;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;

/**
 * The newest right of each task in the meta store, {@code term:epoch}, which doors read to refuse older ones. The fence of
 * a task that ended is raised once more and stays for a while, so that whoever still believes to own it is refused.
 *
 * <p>Thread-safe, never blocks.
 */
final class Fences {
    private final MetaStore meta;
    private final Scheduler scheduler;
    private final Duration kept;

    /** @param kept how long the fence of a task that ended stays */
    Fences(MetaStore meta, Scheduler scheduler, Duration kept) {
        this.meta = meta;
        this.scheduler = scheduler;
        this.kept = kept;
    }

    /**
     * Raises a task's fence and answers what is published then: this right, or a newer one, which a late write of a
     * former leader must not lower.
     */
    CompletionStage<TaskFence> raise(TaskFence right) {
        String path = path(right.task());
        return meta.get(path).thenCompose(there -> put(path, right, there));
    }

    private CompletionStage<TaskFence> put(String path, TaskFence right, Optional<MetaStore.Versioned> there) {
        if (there.isPresent()) {
            TaskFence published = parse(right.task(), there.get().value());
            if (published.equals(right) || published.isNewerThan(right)) {
                return CompletableFuture.completedFuture(published);
            }
        }
        byte[] value = (right.term() + ":" + right.epoch()).getBytes(StandardCharsets.UTF_8);
        long expected = there.map(MetaStore.Versioned::version).orElse(MetaStore.ABSENT);
        return meta.put(path, value, expected).thenApply(version -> right);
    }

    /** Refuses everybody who had a task that has ended, and forgets it later. */
    void bury(TaskFence ended) {
        TaskFence above = new TaskFence(ended.task(), ended.term(), ended.epoch() + 1);
        raise(above).whenComplete((published, failure) -> {
            if (failure == null) {
                scheduler.schedule(kept, () -> forget(ended.task()));
            }
        });
    }

    private void forget(String task) {
        meta.delete(path(task), MetaStore.ANY).exceptionally(failed -> null);
    }

    /** Forgets after a while what former leaders left of tasks that there are not, now and then. */
    void sweep(Supplier<Set<String>> tasks) {
        AtomicBoolean first = new AtomicBoolean(true);
        CompletableFuture<Map<String, MetaStore.Versioned>> seen = new CompletableFuture<>();
        MetaStore.Handle watch = meta.watch(MetaPaths.FENCES, values -> {
            if (first.compareAndSet(true, false)) {
                seen.complete(Map.copyOf(values));
            }
        });
        seen.thenAccept(values -> scheduler.schedule(kept, () -> {
            watch.close();
            Set<String> present = tasks.get();
            values.forEach((task, value) -> {
                if (!present.contains(task)) {
                    meta.delete(path(task), value.version()).exceptionally(failed -> null);
                }
            });
        }));
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
