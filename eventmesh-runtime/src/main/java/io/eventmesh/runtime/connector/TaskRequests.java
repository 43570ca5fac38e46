package io.eventmesh.runtime.connector;

import io.eventmesh.common.time.MeshClock;
import io.eventmesh.proto.v1.TaskDefinition;
import io.eventmesh.spi.connector.SinkRecord;
import io.eventmesh.spi.connector.TaskContext;
import io.eventmesh.spi.mesh.TaskFence;
import java.util.IdentityHashMap;

/**
 * What a plugin knows of its task, and what it has asked of it: records to reject, a restart. Asked by any thread, taken
 * by the task's own.
 */
final class TaskRequests implements TaskContext {
    private final TaskDefinition task;
    private final TaskFence fence;
    private final TaskControl control;
    private final MeshClock clock;
    private final IdentityHashMap<SinkRecord, Throwable> rejected = new IdentityHashMap<>();
    private volatile boolean restart;

    TaskRequests(TaskDefinition task, TaskFence fence, TaskControl control, MeshClock clock) {
        this.task = task;
        this.fence = fence;
        this.control = control;
        this.clock = clock;
    }

    @Override
    public String namespace() {
        return task.getNamespace();
    }

    @Override
    public String connector() {
        return task.getConnector();
    }

    @Override
    public int ordinal() {
        return task.getOrdinal();
    }

    @Override
    public int tasks() {
        return task.getTasksMax();
    }

    @Override
    public TaskFence fence() {
        return fence;
    }

    @Override
    public MeshClock clock() {
        return clock;
    }

    @Override
    public void reject(SinkRecord record, Throwable why) {
        synchronized (rejected) {
            rejected.put(record, why);
        }
        control.wake();
    }

    @Override
    public void restart() {
        restart = true;
        control.wake();
    }

    /** Whether the plugin wants to be closed and opened anew. */
    boolean restartWanted() {
        return restart;
    }

    /** What was rejected since the last call. */
    IdentityHashMap<SinkRecord, Throwable> takeRejected() {
        synchronized (rejected) {
            IdentityHashMap<SinkRecord, Throwable> taken = new IdentityHashMap<>(rejected);
            rejected.clear();
            return taken;
        }
    }
}
