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
    private volatile @Nullable String brake;
    private volatile @Nullable Duration drainTimeout;

    TaskControl(TaskFence fence, TaskLease lease, Target target, MeshClock clock) {
        this.fence = fence;
        this.lease = lease;
        this.target = target;
        this.clock = clock;
    }

    void steer(Target wanted) {
        if (!isEnding()) {
            if (wanted == Target.RUN && target == Target.PAUSE) {
                brake = null;
            }
            target = wanted;
        }
        wake();
    }

    /** As {@link #steer(Target)}, with the time that an end may take. */
    void steer(Target wanted, Duration drain) {
        drainTimeout = drain;
        steer(wanted);
    }

    /** How long the task may take to finish what is in flight, unless the admin said otherwise. */
    Duration drainTimeout(Duration standard) {
        Duration told = drainTimeout;
        return told == null ? standard : told;
    }

    /**
     * The task pauses by itself, until it was steered to pause and then to run.
     *
     * @param why it does, in words
     */
    void pauseItself(String why) {
        brake = why;
        wake();
    }

    /** Why the task pauses by itself; null when it does not. */
    @Nullable
    String brake() {
        return brake;
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
        return target == Target.PAUSE || brake != null;
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
