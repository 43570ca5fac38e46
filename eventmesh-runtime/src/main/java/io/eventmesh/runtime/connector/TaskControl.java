package io.eventmesh.runtime.connector;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.proto.v1.TaskAssignment.Target;
import io.eventmesh.spi.mesh.TaskFence;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Between a task's thread, which waits here, and those who steer it, which never do. An end once asked for is not taken
 * back.
 */
final class TaskControl {
    private static final long SLICE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    private final TaskFence fence;
    private final TaskLease lease;
    private final MeshClock clock;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private long changes;
    private volatile Target target;
    private volatile boolean severed;

    TaskControl(TaskFence fence, TaskLease lease, Target target, MeshClock clock) {
        this.fence = fence;
        this.lease = lease;
        this.target = target;
        this.clock = clock;
    }

    void steer(Target wanted) {
        if (!isEnding()) {
            target = wanted;
        }
        wake();
    }

    void sever() {
        severed = true;
        wake();
    }

    /** Something that the thread may wait for has happened. */
    void wake() {
        lock.lock();
        try {
            changes++;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    boolean isEnding() {
        return target == Target.DRAIN || target == Target.STOP;
    }

    boolean isPaused() {
        return target == Target.PAUSE;
    }

    boolean isSevered() {
        return severed;
    }

    /** Whether the lease allows to poll, publish and ack. */
    boolean works() {
        return !severed && lease.works(clock.nanoTime());
    }

    /** @throws EventMeshException FENCED when the task is not this runtime's any more */
    void requireHeld() {
        if (severed || !lease.holds(clock.nanoTime())) {
            throw new EventMeshException(
                    ErrorCode.FENCED, "task %s: lease over (expected: renewed by the admin)".formatted(fence.task()));
        }
    }

    long nanoTime() {
        return clock.nanoTime();
    }

    /** How often it was woken; to be read before what the thread then waits for is looked at. */
    long changes() {
        lock.lock();
        try {
            return changes;
        } finally {
            lock.unlock();
        }
    }

    /** Waits until woken after the given count was read, or a tenth of a second. */
    void await(long seen) throws InterruptedException {
        await(seen, SLICE_NANOS);
    }

    /** Waits for that long, but not when the task ends. */
    void pause(Duration length) throws InterruptedException {
        long until = clock.nanoTime() + length.toNanos();
        while (until - clock.nanoTime() > 0 && !isEnding()) {
            requireHeld();
            await(changes(), Math.min(until - clock.nanoTime(), SLICE_NANOS));
        }
    }

    /**
     * The outcome of a stage.
     *
     * @throws EventMeshException what it failed with; DEADLINE_EXCEEDED after the bound; FENCED when severed meanwhile
     */
    <T> T outcome(CompletionStage<T> stage, Duration bound) throws InterruptedException {
        Outcome<T> outcome = new Outcome<>();
        stage.whenComplete((value, failure) -> {
            outcome.value = value;
            outcome.failure = failure;
            outcome.done = true;
            wake();
        });
        long until = clock.nanoTime() + bound.toNanos();
        while (true) {
            long seen = changes();
            if (outcome.done) {
                break;
            }
            requireHeld();
            if (clock.nanoTime() - until >= 0) {
                throw new EventMeshException(ErrorCode.DEADLINE_EXCEEDED, "no answer within " + bound);
            }
            await(seen);
        }
        Throwable failure = outcome.failure;
        if (failure != null) {
            throw EventMeshException.of(failure);
        }
        return outcome.value;
    }

    private void await(long seen, long nanos) throws InterruptedException {
        lock.lock();
        try {
            long left = nanos;
            while (changes == seen && left > 0) {
                left = changed.awaitNanos(left);
            }
        } finally {
            lock.unlock();
        }
    }

    private static final class Outcome<T> {
        @SuppressWarnings("NullAway.Init")
        private T value;

        private @Nullable Throwable failure;
        private volatile boolean done;
    }
}
