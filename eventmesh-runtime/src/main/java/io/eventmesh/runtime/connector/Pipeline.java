package io.eventmesh.runtime.connector;

import io.eventmesh.proto.v1.TaskState;
import java.util.function.Consumer;

/** One life of a task, from open to close, on the task's thread. */
interface Pipeline {
    /**
     * Moves events until the task shall end, then finishes what is in flight. The plugin is closed when it returns.
     *
     * @param states told RUNNING, PAUSED and DRAINING as they begin
     * @throws Exception what the task is restarted, given up or lost for
     */
    void run(Consumer<TaskState> states) throws Exception;

    /** Closes the plugin, by another thread: {@link #run} ends soon. */
    void abandon();
}
