package io.eventmesh.spi.connector;

import io.eventmesh.common.time.MeshClock;
import io.eventmesh.spi.mesh.TaskFence;

/** What a task's connector is told of itself, and what it may ask of the runtime. Thread-safe. */
public interface TaskContext {
    /** The connector's namespace. */
    String namespace();

    /** The connector's name. */
    String connector();

    /** Which of the connector's tasks this is, from 0. */
    int ordinal();

    /** How many tasks the connector has. */
    int tasks();

    /**
     * The right under which the task runs. It grows with each owner, so that a foreign system that remembers the highest
     * it has seen can refuse an earlier one.
     */
    TaskFence fence();

    /** The process's clock. */
    MeshClock clock();

    /** The task in words for a log line or the name of a thread: {@code <namespace>/<connector>/<ordinal>}. */
    default String task() {
        return namespace() + "/" + connector() + "/" + ordinal();
    }

    /**
     * A sink will never be able to take this record of a batch that is good otherwise: it goes to the dead letter with
     * the reason and counts as safe. To be said before the record is safe; afterwards it does nothing.
     *
     * @param record the very record that {@link SinkConnector#put} was given
     */
    void reject(SinkRecord record, Throwable why);

    /** The task shall be closed in order and opened anew soon, because what it was made from has changed. */
    void restart();
}
